import { afterAll, beforeAll, expect, it } from 'vitest';
import { composeFor } from '../support/sampling.ts';
import { type FaultServer, startFaultServer } from './fault-server.ts';
import { isLive, isLost, keyLatencyMs, longestKeyMs, openConsole } from './open-console.ts';

/** The console asks once a second here: an end that comes sooner has waited for no question. */
const intervalMs = 1000;

let server: FaultServer;
beforeAll(async () => {
	server = await startFaultServer({ log_connections: 'off' });
});
afterAll(() => server?.remove());

const ofConsole = `from pg_stat_activity where application_name = 'tidemark'`;

/** What the console may hold: two connections, none of them in a transaction or with a lock. */
async function expectModest(): Promise<void> {
	const [seen] = await server.query(
		`select count(*)::int as connections,
		count(*) filter (where state = 'idle in transaction')::int as open_transactions ${ofConsole}`,
	);
	expect(seen.connections).toBeGreaterThan(0);
	expect(seen.connections).toBeLessThanOrEqual(2);
	expect(seen.open_transactions).toBe(0);
}

const expectNothingLeft = () =>
	expect.poll(() => server.query(`select pid ${ofConsole}`)).toEqual([]);

it.each([
	['stopped', () => server.stop(), /shutting down|refused/],
	['killed', () => server.kill(), /broke|shutting down|refused/],
])('a server that is %s and started again', async (_, end, sentence) => {
	await using pty = openConsole(server.url);
	await pty.waitFor(isLive);
	await end();
	await pty.waitFor(isLost(sentence));
	// What was known stays, dated; and the way back is announced.
	const { lines } = await pty.waitFor(isLost(/refused.*data \d+s old .*(next try in|trying now)/));
	expect(lines.join('\n')).toContain('1 Tasks');
	expect(await keyLatencyMs(pty)).toBeLessThan(longestKeyMs);
	await server.start();
	await pty.waitFor(isLive);
	await expectModest();
	pty.press('q');
	expect(await pty.exited()).toMatchObject({ exitCode: 0 });
	await expectNothingLeft();
});

it('a server frozen by SIGSTOP, keys answered all the while', async () => {
	await using pty = openConsole(server.url);
	await pty.waitFor(isLive);
	await server.freeze();
	try {
		await pty.waitFor(({ lines }) => /no sample for/.test(lines[0] ?? ''));
		expect(await keyLatencyMs(pty)).toBeLessThan(longestKeyMs);
		await pty.waitFor(isLost(/not answered for \d+ s: the server is frozen.*data \d+s old/));
		expect(await keyLatencyMs(pty)).toBeLessThan(longestKeyMs);
		await pty.waitFor(isLost(/trying now/));
		expect(await keyLatencyMs(pty)).toBeLessThan(longestKeyMs);
	} finally {
		await server.thaw();
	}
	await pty.waitFor(isLive);
	await expectModest();
	pty.press('q');
	expect(await pty.exited()).toMatchObject({ exitCode: 0 });
	await expectNothingLeft();
});

it('lets go of a frozen server also where no question is open', async () => {
	const { loop, stop } = composeFor(server.url);
	await loop.refreshAll();
	await server.freeze();
	try {
		await stop();
	} finally {
		await server.thaw();
	}
	await expectNothingLeft();
});

it.each(['q', '\x03'])('quits at once on %j while the server is frozen', async (key) => {
	await using pty = openConsole(server.url);
	await pty.waitFor(isLive);
	await server.freeze();
	try {
		await pty.waitFor(({ lines }) => /no sample for/.test(lines[0] ?? ''));
		const pressed = performance.now();
		pty.press(key);
		expect(await pty.exited()).toMatchObject({ exitCode: 0 });
		expect(performance.now() - pressed).toBeLessThan(intervalMs);
		expect(pty.screen()).toMatchObject({ isAlternate: false, isCursorHidden: false });
	} finally {
		await server.thaw();
	}
	await expectNothingLeft();
});
