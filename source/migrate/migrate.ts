import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { runner } from 'node-pg-migrate';
import type pg from 'pg';
import { TidemarkError } from '../errors.ts';
import { sqlDirectory } from '../lib/sql-directory.ts';
import { concurrentIndexIn, isConcurrent, prepareConcurrentIndex } from './concurrent-index.ts';
import { type Connection, withClient } from './connection.ts';
import { migrationFailed, runLockBusy } from './failure.ts';
import { type MigrationFile, readMigrationFiles } from './migration-files.ts';
import { appliedAtById, recordTable } from './record.ts';

/** Key of the advisory lock that lets one migration run at a time: "tidm" in ASCII. */
export const runLock = 0x7469646d;

/** What to do to which database. */
export interface MigrateOptions {
	readonly connection: Connection;
	readonly direction: 'up' | 'down';
	/**
	 * The version to end at. Left out, `up` goes to the newest that isn't applied only when asked
	 * for, and `down` takes back the newest one.
	 */
	readonly to?: number;
	/** Default: the folder that ships with the program. */
	readonly directory?: string;
	/** How long to wait for another run to end, in ms; default one minute. */
	readonly lockWaitMs?: number;
	/** Hears the id of each migration when its turn comes. */
	readonly onStart?: (id: string) => void;
}

/** One migration and whether this database has it. */
export interface MigrationStatus {
	readonly version: number;
	readonly id: string;
	readonly isWhenAsked: boolean;
	readonly appliedAt: Date | undefined;
}

/**
 * Brings the schema up or down, one migration after the other, each whole or not at all and recorded
 * in the same transaction (an index built concurrently excepted: it is recorded after the build, and
 * a build that broke off is cleared away by the next run). Safe to run twice, and by two at once.
 * @returns the ids of the migrations run, in order; empty when there was nothing to do
 * @throws TidemarkError of kind `connect` (no connection), `catalog` (the folder), or `action` (the
 * migration that was refused, with the server's reason); what ran before it stays.
 */
export async function migrate(options: MigrateOptions): Promise<readonly string[]> {
	const files = await readMigrationFiles(options.directory ?? migrationsDirectory());
	checkTarget(options, files);
	return withClient(options.connection, async (client) => {
		await client.query(
			"set lock_timeout = '10s'; set statement_timeout = 0; set client_min_messages = warning",
		);
		const done: string[] = [];
		await runOnceFree(client, options, () => run(client, files, options, done));
		return done;
	});
}

/** Lists all migrations with what this database has of them; changes nothing, needs no lock. */
export async function migrationStatus(
	options: Pick<MigrateOptions, 'connection' | 'directory'>,
): Promise<readonly MigrationStatus[]> {
	const files = await readMigrationFiles(options.directory ?? migrationsDirectory());
	return withClient(options.connection, async (client) => {
		const applied = await appliedAtById(client);
		return files.map(({ version, id, isWhenAsked }) => ({
			version,
			id,
			isWhenAsked,
			appliedAt: applied.get(id),
		}));
	});
}

function migrationsDirectory(): string {
	return join(sqlDirectory(), 'migrations');
}

function checkTarget({ to }: MigrateOptions, files: readonly MigrationFile[]): void {
	if (to === undefined || to === 0 || files.some((file) => file.version === to)) return;
	const versions = files.map((file) => file.version).join(', ');
	throw new TidemarkError(
		'config',
		`There is no migration ${to}; there are 0 (none), ${versions}.`,
	);
}

async function run(
	client: pg.ClientBase,
	files: readonly MigrationFile[],
	options: MigrateOptions,
	done: string[],
): Promise<void> {
	const { direction, to } = options;
	let current: string | undefined;
	const starting = (id: string) => {
		if (current !== undefined) done.push(current);
		current = id;
		options.onStart?.(id);
	};
	const offered = files.filter(
		(file) => !file.isWhenAsked || direction === 'down' || file.version === to,
	);
	try {
		await runner({
			dbClient: client,
			dir: options.directory ?? migrationsDirectory(),
			direction,
			...recordTable(await currentSchema(client)),
			// Versions are compared, not counted: up to and including `to`, down to but not including it.
			...(to === undefined ? {} : { timestamp: true, count: direction === 'up' ? to : to + 1 }),
			// A migration kept for when it is asked for may be applied after its successors.
			checkOrder: false,
			lockValue: runLock,
			advisoryLockMode: 'fail',
			logger: silent,
			migrationLoaderStrategies: [
				{
					extensions: ['.sql'],
					loader: async () => offered.map((file) => unitOf(file, client, starting)),
				},
			],
		});
		if (current !== undefined) done.push(current);
	} catch (error) {
		// The library leaves the transaction open and so can't give back its lock.
		await client.query('rollback').catch(() => {});
		await client.query('select pg_advisory_unlock_all()').catch(() => {});
		if (current === undefined) throw error;
		throw migrationFailed(error, { id: current, direction, done });
	}
}

const silent = { debug() {}, info() {}, warn() {}, error() {} };

type Loaded = Awaited<ReturnType<Exclude<Loader, string>>>[number];
type Loader = NonNullable<
	Parameters<typeof runner>[0]['migrationLoaderStrategies']
>[number]['loader'];

function unitOf(
	file: MigrationFile,
	client: pg.ClientBase,
	starting: (id: string) => void,
): Loaded {
	const action =
		(sql: string) => async (builder: { sql(text: string): void; noTransaction(): void }) => {
			starting(file.id);
			if (!isConcurrent(sql)) {
				builder.sql(sql);
				return;
			}
			builder.noTransaction();
			const index = concurrentIndexIn(sql);
			if (index && !(await prepareConcurrentIndex(client, index))) return;
			// Waits for every transaction that can see the table, however long; it blocks nobody meanwhile.
			builder.sql('set lock_timeout = 0');
			builder.sql(sql);
			builder.sql("set lock_timeout = '10s'");
		};
	return {
		id: `${file.id}.sql`,
		filePaths: [],
		actions: { up: action(file.upSql), down: action(file.downSql) },
	} as unknown as Loaded;
}

/** Tries until the lock is free: a waiting statement would hold a snapshot, and a concurrent index build waits for those. */
async function runOnceFree(
	client: pg.ClientBase,
	options: MigrateOptions,
	work: () => Promise<void>,
): Promise<void> {
	const deadline = performance.now() + (options.lockWaitMs ?? 60_000);
	for (;;) {
		try {
			return await work();
		} catch (error) {
			const isBusy =
				error instanceof Error && /^Another migration is already running/.test(error.message);
			if (!isBusy) throw error;
			if (performance.now() >= deadline) throw await runLockBusy(client, runLock);
			await delay(100);
		}
	}
}

async function currentSchema(client: pg.ClientBase): Promise<string> {
	const { rows } = await client.query<{ name: string | null }>('select current_schema() as name');
	const name = rows[0]?.name;
	if (name == null) {
		throw new TidemarkError(
			'action',
			'No schema of the search_path exists in this database: create one, or set search_path.',
		);
	}
	return name;
}
