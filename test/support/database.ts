import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, inject } from 'vitest';
import { databaseUrl, templateName } from './database-name.ts';

/** What the new database holds: the whole schema without rows, or nothing. */
export interface DatabaseOptions {
	/** `migrated` (the default): all of sql/migrations; `empty`: no object at all. */
	readonly template?: 'migrated' | 'empty';
}

/** A database of a test file's own, on the run's server. */
export interface TestDatabase {
	readonly name: string;
	/** Connection string of a superuser. */
	readonly url: string;
	/** A new connection, as the superuser or whom `config` names; closed by `drop`. */
	client(config?: pg.ClientConfig): Promise<pg.Client>;
	/** One statement on a connection kept for that; gives its rows. */
	// biome-ignore lint/suspicious/noExplicitAny: rows are what the caller's SQL makes them
	rows<Row extends object = any>(sql: string, values?: unknown[]): Promise<Row[]>;
	/** Closes the connections made here, throws the others out, and removes the database. */
	drop(): Promise<void>;
}

/** Creates a database; the caller drops it. `useDatabase` does both. */
export async function createDatabase(options: DatabaseOptions = {}): Promise<TestDatabase> {
	const { url: serverUrl, prefix } = inject('server');
	const name = `${prefix}_${randomBytes(4).toString('hex')}`;
	const template = options.template === 'empty' ? 'template0' : templateName(prefix);
	await runOnServer(serverUrl, `create database ${name} template ${template}`);
	const url = databaseUrl(serverUrl, name);
	const clients: pg.Client[] = [];
	async function client(config: pg.ClientConfig = {}): Promise<pg.Client> {
		const { hostname, port, username, password } = new URL(url);
		const connection = new pg.Client({
			host: hostname,
			port: Number(port || 5432),
			user: decodeURIComponent(username),
			password: decodeURIComponent(password),
			database: name,
			...config,
		});
		// A test may kill a connection on purpose; its own queries then fail, and nothing else.
		connection.on('error', () => {});
		await connection.connect();
		clients.push(connection);
		return connection;
	}
	let own: Promise<pg.Client> | undefined;
	return {
		name,
		url,
		client,
		async rows(sql, values) {
			own ??= client();
			return (await (await own).query(sql, values)).rows;
		},
		async drop() {
			await Promise.all(clients.map((connection) => connection.end().catch(() => {})));
			await runOnServer(serverUrl, `drop database if exists ${name} with (force)`);
		},
	};
}

/**
 * Gives the surrounding file or `describe` a database of its own and removes it afterwards. The
 * database is there from `beforeAll` on; look at its members inside tests and hooks only.
 *
 * With `TIDEMARK_TEST_KEEP=1` the database of a file that failed is kept and named; that helps with
 * `TEST_DATABASE_URL`, since an embedded server ends with the run.
 */
export function useDatabase(options: DatabaseOptions = {}): TestDatabase {
	let database: TestDatabase | undefined;
	beforeAll(async () => {
		database = await createDatabase(options);
	});
	// biome-ignore lint/correctness/noEmptyPattern: vitest wants the fixtures destructured, also none
	afterAll(async ({}, suite) => {
		const hasFailed = suite.tasks.some((task) => task.result?.state === 'fail');
		if (hasFailed && process.env.TIDEMARK_TEST_KEEP === '1') {
			console.info(`Kept for a look: database ${database?.name}`);
			return;
		}
		await database?.drop();
	});
	function present(): TestDatabase {
		if (!database) throw new Error('The database exists inside tests and hooks only.');
		return database;
	}
	return {
		get name() {
			return present().name;
		},
		get url() {
			return present().url;
		},
		client: (config) => present().client(config),
		rows: (sql, values) => present().rows(sql, values),
		drop: () => present().drop(),
	};
}

async function runOnServer(url: string, statement: string): Promise<void> {
	const client = new pg.Client({ connectionString: url });
	await client.connect();
	try {
		await client.query(statement);
	} finally {
		await client.end();
	}
}
