import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from 'pg';
import { sqlDirectory } from '../lib/sql-directory.ts';
import { migrate } from '../migrate/migrate.ts';
import { withClient } from './connection.ts';
import type { EmbeddedServer } from './embedded.ts';
import {
	continueHistory,
	freshen,
	historyVersion,
	readHistoryState,
	writeHistory,
} from './history/history.ts';

/** The database that is kept from start to start. */
const keptName = 'demo';
const unfinishedName = 'demo_unfinished';
/** After a longer pause than this, a new month is made sooner than the gap is filled. */
const longestGapMs = 10 * 86_400_000;

/** What preparing needs to know. */
export interface DemoDatabaseOptions {
	readonly seed: number;
	/** With it, a copy is made that the next start throws away: a fault must not outlive its demo. */
	readonly fault: string | undefined;
	/** How far a history made anew reaches back. */
	readonly historyDays: number;
	readonly onProgress: (step: string) => void;
}

/** Gives the name of a database with a schema, a month of history up to now, and no fault in it. */
export async function prepareDatabase(
	server: EmbeddedServer,
	options: DemoDatabaseOptions,
): Promise<string> {
	return withClient(server.url(), async (admin) => {
		await dropOthers(admin);
		if (!(await isUsable(admin, server))) await create(admin, server, options);
		else await continueKept(server, options);
		await withClient(server.url(keptName), (client) => client.query(freshen));
		if (options.fault === undefined) return keptName;
		const copy = `${keptName}_${options.fault.replaceAll('-', '_')}`;
		await admin.query(`create database ${copy} template ${keptName} strategy file_copy`);
		return copy;
	});
}

/**
 * Names what the kept database must have been made by: this history and these migrations. One of
 * another make is made anew rather than migrated, since its rollups may hold to other rules.
 */
async function expectedVersion(): Promise<string> {
	const folder = join(sqlDirectory(), 'migrations');
	const hash = createHash('sha256').update(`${historyVersion}`);
	for (const name of (await readdir(folder)).filter((entry) => entry.endsWith('.sql')).sort()) {
		hash.update(name).update(await readFile(join(folder, name)));
	}
	return hash.digest('hex').slice(0, 16);
}

/** Removes a copy with a fault in it; after a crash, the next start does. */
export async function discardDatabase(server: EmbeddedServer, name: string): Promise<void> {
	await withClient(server.url(), (admin) => admin.query(`drop database ${name} with (force)`));
}

/** Copies with faults in them, and what an interrupted start left. */
async function dropOthers(admin: Client): Promise<void> {
	const { rows } = await admin.query(
		`select quote_ident(datname) as name from pg_database where datname like 'demo\\_%'`,
	);
	for (const { name } of rows) await admin.query(`drop database ${name} with (force)`);
}

async function isUsable(admin: Client, server: EmbeddedServer): Promise<boolean> {
	const { rowCount } = await admin.query('select from pg_database where datname = $1', [keptName]);
	if (rowCount === 0) return false;
	const state = await withClient(server.url(keptName), readHistoryState);
	if (!state?.isWhole || state.version !== (await expectedVersion())) return false;
	return Date.now() - state.aliveAt.getTime() < longestGapMs;
}

/** Made under another name and renamed: an interrupted start leaves nothing that looks whole. */
async function create(
	admin: Client,
	server: EmbeddedServer,
	{ seed, historyDays, onProgress }: DemoDatabaseOptions,
): Promise<void> {
	onProgress('Creating the schema');
	await admin.query(`drop database if exists ${keptName} with (force)`);
	await admin.query(`create database ${unfinishedName} template template0`);
	await migrate({ connection: server.url(unfinishedName), direction: 'up' });
	const version = await expectedVersion();
	await writeHistory(
		{ url: server.url(unfinishedName), seed },
		{ days: historyDays, version, onProgress },
	);
	await admin.query(`alter database ${unfinishedName} rename to ${keptName}`);
}

async function continueKept(
	server: EmbeddedServer,
	{ seed, onProgress }: DemoDatabaseOptions,
): Promise<void> {
	onProgress('Filling in what happened since');
	await continueHistory({ url: server.url(keptName), seed });
}
