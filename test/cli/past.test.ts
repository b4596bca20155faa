import { expect, it } from 'vitest';
import { useDatabase } from '../support/database.ts';
import { openPty } from '../support/pty.ts';

const database = useDatabase();

it('steps back to what was, while sampling goes on and says what is wrong now', async () => {
	await using pty = openPty(
		process.execPath,
		['dist/tidemark.js', '--interval', '250ms', database.url],
		{
			columns: 120,
			rows: 40,
			env: {
				PATH: process.env.PATH,
				HOME: process.env.HOME,
				LANG: 'C.UTF-8',
				TZ: 'UTC',
				METRICS_COLLECTOR_INTERVAL: '250ms',
			},
		},
	);
	await pty.waitFor(({ text }) => / live /.test(text) && text.includes('expired 0'));
	await database.rows(
		`insert into runs (status, run_at, queued_at, lease_expires_at)
		values ('RUNNING', now(), now(), now() - interval '3 minutes')`,
	);
	await pty.waitFor(({ text }) => text.includes('expired 1 ✖'));
	// A minute is more than there is: the oldest is from before the first answer, the next has it.
	pty.press('{');
	await pty.waitFor(({ text }) => /PAST \d+s ago/.test(text) && text.includes('now: ✖ 1'));
	pty.press(']');
	const past = await pty.waitFor(({ text }) => text.includes('expired 0'));
	expect(past.lines[0]).toMatch(/PAST \d+s ago +\d\d:\d\d:\d\d +now: ✖ 1/);
	expect(past.lines[1]).not.toContain('✖');
	expect(past.text).not.toMatch(/ live [0-9]/);
	for (const key of ['a', ' ', 'R']) {
		pty.press(key);
		await pty.waitFor(({ text }) => /this is the past: end goes back/.test(text));
		pty.press('[]');
		await pty.waitFor(({ text }) => !/this is the past/.test(text));
	}
	pty.press('d');
	await pty.waitFor(({ text }) => text.includes('the samples of then show nothing wrong'));
	pty.press('\x1b');
	await pty.waitFor(({ text }) => text.includes('expired 0'));
	pty.press('\x1b');
	await pty.waitFor(({ text }) => / live /.test(text) && text.includes('expired 1 ✖'));
});
