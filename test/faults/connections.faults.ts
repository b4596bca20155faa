import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type FaultServer, startFaultServer } from './fault-server.ts';
import { isLive, isLost, keyLatencyMs, longestKeyMs, openConsole } from './open-console.ts';

/** Slots for those who are no superuser. */
const slots = 4;

let server: FaultServer;
const others: pg.Client[] = [];
beforeAll(async () => {
	server = await startFaultServer({
		max_connections: slots + 3,
		superuser_reserved_connections: 3,
	});
	await server.query(`create role plain login password 'w'; grant pg_read_all_data to plain`);
});
afterAll(async () => {
	await Promise.all(others.map((client) => client.end()));
	await server?.remove();
});

const url = () => {
	const plain = new URL(server.url);
	plain.username = 'plain';
	plain.password = 'w';
	return plain.href;
};

async function take(count: number): Promise<void> {
	for (let taken = 0; taken < count; taken++) {
		const client = new pg.Client(url());
		await client.connect();
		others.push(client);
	}
}

it('a server out of connections: said, and found again when one is free', async () => {
	await take(slots);
	await using pty = openConsole(url());
	await pty.waitFor(isLost(/No connection slot free/));
	expect(await keyLatencyMs(pty)).toBeLessThan(longestKeyMs);
	await others.pop()?.end();
	// One is enough: what wants the second connection says that it could not be had.
	await pty.waitFor(
		(screen) => isLive(screen) && /second connection could not be had/.test(screen.text),
	);
	await others.pop()?.end();
	await pty.waitFor((screen) => isLive(screen) && !screen.text.includes('second connection'));
	pty.press('q');
	expect(await pty.exited()).toMatchObject({ exitCode: 0 });
});
