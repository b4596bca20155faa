import { afterAll, beforeAll, expect, it } from 'vitest';
import { query, type ReplicaPair, startReplicaPair } from '../support/standby.ts';
import { isLive, openConsole } from './open-console.ts';

let pair: ReplicaPair;
beforeAll(async () => {
	pair = await startReplicaPair();
});
afterAll(() => pair?.stop());

it('a primary that stops and a standby that is promoted: found by the list of hosts', async () => {
	const { primary, standby, url } = pair;
	const both = new URL(url(primary));
	const hosts = `127.0.0.1:${primary.port},127.0.0.1:${standby.port}`;
	// The two were made apart: a copy has the original's password.
	const list = both.href.replace(both.host, hosts);
	const flags = ['--interval', '1s'];
	await using writer = openConsole(`${list}?target_session_attrs=read-write`, { flags });
	await using watcher = openConsole(url(standby), { flags });
	await writer.waitFor((screen) => isLive(screen) && screen.text.includes('primary 18'));
	await watcher.waitFor((screen) => isLive(screen) && screen.text.includes('STANDBY 18'));
	await primary.stop();
	await writer.waitFor(({ lines }) => / lost\b/.test(lines[0] ?? ''));
	await query(url(standby), 'select pg_promote()');
	// The one that was on the standby all the time stays connected, and names it for what it is now.
	await watcher.waitFor((screen) => isLive(screen) && screen.text.includes('primary 18'));
	expect(watcher.screen().text).not.toContain('STANDBY');
	await writer.waitFor((screen) => isLive(screen) && screen.text.includes('primary 18'));
	for (const pty of [writer, watcher]) {
		pty.press('q');
		expect(await pty.exited()).toMatchObject({ exitCode: 0 });
	}
	await expect
		.poll(() =>
			query(url(standby), `select pid from pg_stat_activity where application_name = 'tidemark'`),
		)
		.toEqual([]);
});
