import pg from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { writeHistory } from '../../../source/demo/history/history.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { databaseUrl } from '../../support/database-name.ts';
import { revive } from './revive.ts';

/** A database with a product's past in it, and clones of it for a test each. */
export type Clones = {
	/** Connection string of a new clone; its sessions are thrown out and it is removed by `drop`. */
	create(): Promise<{ readonly url: string; drop(): Promise<void> }>;
	/** A session that stays open; whoever drops its database ends it. */
	session(url: string): Promise<pg.Client>;
};

/** Writes a history of some days once for the surrounding file; every clone then begins healthy. */
export function useClones(options: { readonly days: number }): Clones {
	let origin: TestDatabase | undefined;
	let count = 0;
	beforeAll(async () => {
		origin = await createDatabase();
		const { url } = origin;
		await writeHistory(
			{ url, seed: 1 },
			{ days: options.days, version: 'test', onProgress: () => {} },
		);
		await statement(url, 'vacuum analyze');
	}, 180_000);
	afterAll(() => origin?.drop());
	return {
		async create() {
			if (!origin) throw new Error('The origin exists inside tests and hooks only.');
			const admin = databaseUrl(origin.url, 'postgres');
			count += 1;
			const name = `${origin.name}_${count}`;
			await statement(admin, `create database ${name} template ${origin.name} strategy file_copy`);
			const url = databaseUrl(origin.url, name);
			await statement(url, revive);
			return { url, drop: () => statement(admin, `drop database ${name} with (force)`) };
		},
		async session(url) {
			const client = new pg.Client({ connectionString: url });
			client.on('error', () => {});
			await client.connect();
			return client;
		},
	};
}

/** Runs `work` on a connection of its own. */
export async function withClient<Result>(
	url: string,
	work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
	const client = new pg.Client({ connectionString: url });
	await client.connect();
	try {
		return await work(client);
	} finally {
		await client.end();
	}
}

const statement = (url: string, sql: string) =>
	withClient(url, async (client) => {
		await client.query(sql);
	});
