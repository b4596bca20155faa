import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { applyMigrations } from './apply-migrations.ts';
import { databaseUrl, templateName } from './database-name.ts';
import { beginKeeping, endKeeping, keepPassword } from './produced.ts';
import { startTestServer, type TestServer } from './server.ts';

declare module 'vitest' {
	export interface ProvidedContext {
		/** Where the run's server is; see `database.ts`. */
		server: { url: string; prefix: string };
	}
}

/**
 * Starts one server for the whole run and makes the template that every test file clones. Its end
 * fails the run where a program has printed a password.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
	beginKeeping();
	const server = await startTestServer();
	keepPassword(server.url);
	try {
		await createTemplate(server);
	} catch (error) {
		await server.stop();
		throw error;
	}
	project.provide('server', { url: server.url, prefix: server.prefix });
	return async () => {
		await dropTemplate(server);
		await server.stop();
		endKeeping();
	};
}

async function createTemplate(server: TestServer): Promise<void> {
	const name = templateName(server.prefix);
	await runOn(server.url, `create database ${name} template template0`);
	await applyMigrations(databaseUrl(server.url, name));
}

async function dropTemplate(server: TestServer): Promise<void> {
	await runOn(server.url, `drop database if exists ${templateName(server.prefix)} with (force)`);
}

async function runOn(url: string, statement: string): Promise<void> {
	const client = new pg.Client({ connectionString: url });
	await client.connect();
	try {
		await client.query(statement);
	} finally {
		await client.end();
	}
}
