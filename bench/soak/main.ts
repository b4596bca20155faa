/**
 * Days of uptime in an hour: the built console in a real terminal, with /metrics on and scraped,
 * refreshes as fast as it can (see `inside.ts`) against a database that changes. Says what lives in it after each hundredth, and ends with 1 where anything grew after the first
 * tenth: `npm run soak [-- REFRESHES [FILE.csv]]`. `npm run soak:picture` draws the curve.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startFaultServer } from '../../test/faults/fault-server.ts';
import { isLive } from '../../test/faults/open-console.ts';
import { ask, parseExposition } from '../../test/metrics/scrape.ts';
import { freePort } from '../../test/support/free-port.ts';
import { openPty } from '../../test/support/pty.ts';
import { changeForEver, fill } from './changes.ts';
import { type Inside, intervalMs } from './inside.ts';
import { allowedGrowth, judge, type Level, toCsv } from './levels.ts';

const refreshes = Number(process.argv[2] ?? 100_000);
const csv = process.argv[3];
const looks = 100;
/** How often /metrics is scraped, in ms. */
const scrapePauseMs = 200;

const folder = mkdtempSync(join(tmpdir(), 'tidemark-soak-'));
const file = join(folder, 'levels');
writeFileSync(file, '');
const server = await startFaultServer({ max_wal_size: '256MB', autovacuum: 'on' });
await server.query(fill);
const changing = await changeForEver(server.url);
const port = await freePort();
const inside = fileURLToPath(new URL('inside.ts', import.meta.url));
const pty = openPty(
	process.execPath,
	[
		...['--expose-gc', '--no-warnings', '--import', inside],
		...['dist/tidemark.js', '--metrics', String(port), server.url],
	],
	{
		columns: 140,
		rows: 45,
		env: { ...process.env, HOME: folder, SOAK_LEVELS: file, LANG: 'C.UTF-8' },
	},
);
await pty.waitFor(isLive);

/** Refreshes so far, by the count of a sampler that has no cadence of its own. */
async function refreshesSoFar(): Promise<number> {
	const { body } = await ask(port, '/metrics');
	const counts = parseExposition(body).of('multica_business_sampler_query_seconds_count');
	return Math.max(...Object.values(counts));
}

const linesOf = () => readFileSync(file, 'utf8').trim().split('\n').filter(Boolean);

async function look(done: number): Promise<Level> {
	const before = linesOf().length;
	pty.kill('SIGUSR2');
	while (linesOf().length === before) await pause(10);
	const found: Inside = JSON.parse(linesOf().at(-1) ?? '');
	const [sessions] = await server.query(
		"select count(*)::int as open from pg_stat_activity where application_name = 'tidemark'",
	);
	const files = readdirSync(`/proc/${pty.pid}/fd`).length;
	return { refreshes: done, ...found, connections: sessions.open, files };
}

const levels: Level[] = [];
const started = performance.now();
while (levels.length < looks) {
	await pause(scrapePauseMs);
	const done = await refreshesSoFar();
	if (done < ((levels.length + 1) * refreshes) / looks) continue;
	const level = await look(done);
	levels.push(level);
	const hours = (done * intervalMs) / 3_600_000;
	const perSecond = done / ((performance.now() - started) / 1000);
	const mb = (bytes: number) => (bytes / 1e6).toFixed(1);
	console.log(
		`${done} refreshes, ${hours.toFixed(1)} h of its own time, ${perSecond.toFixed(0)}/s: heap ${mb(level.heapUsed)} MB, resident ${mb(level.rss)} MB, ` +
			`${level.emitters} emitters, ${level.functions} functions, ${level.handles} handles, ${level.timers} timers, ` +
			`${level.files} files, ${level.connections} connections`,
	);
	if (csv !== undefined) writeFileSync(csv, toCsv(levels));
}
const { text } = await pty.waitFor(isLive);
console.log(text);
pty.press('q');
const { exitCode } = await pty.exited();
const [left] = await server.query(
	"select count(*)::int as open from pg_stat_activity where application_name = 'tidemark'",
);
await changing.stop();
await server.remove();
rmSync(folder, { recursive: true });

const courses = judge(levels);
for (const { measure, settled, highest, last, isLevel } of courses) {
	const share = ((highest / settled - 1) * 100).toFixed(1);
	console.log(
		`${isLevel ? 'level' : 'GREW '} ${measure}: ${settled} once settled, at most ${highest} (+${share} %), ${last} at the end`,
	);
}
console.log(
	`exit ${exitCode}, ${left.open} sessions left, allowed growth ${allowedGrowth * 100} %`,
);
process.exitCode =
	courses.every(({ isLevel }) => isLevel) && exitCode === 0 && left.open === 0 ? 0 : 1;
