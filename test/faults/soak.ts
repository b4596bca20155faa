// Refreshes as fast as it can against a database that changes, and says whether anything grows:
// `npm run soak`, or `npm run soak -- 10000` for a shorter one. Ends with 1 where something does.
import { longestHistory } from '../../source/sampling/store.ts';
import { composeFor } from '../support/sampling.ts';
import { startFaultServer } from './fault-server.ts';

const refreshes = Number(process.argv[2] ?? 100_000);
/** Of the level after the first tenth, or when the history is full: until then it has to grow. */
const allowedGrowth = 0.05;
const { gc } = globalThis;
if (!gc || !(refreshes >= 2 * longestHistory))
	throw new Error('run it as: npm run soak [-- REFRESHES]');

/** Bytes that live, and handles that are open. */
function level() {
	gc?.();
	const { heapUsed, external } = process.memoryUsage();
	return { bytes: heapUsed + external, handles: process.getActiveResourcesInfo().length };
}

const server = await startFaultServer();
const parts = composeFor(server.url, { interval: '250ms' });
let isChanging = true;
const changes = [
	`insert into runs (status, run_at, queued_at, blueprint) values ('QUEUED', now(), now(), 'b' || random())`,
	`update runs set status = 'RUNNING', lease_expires_at = now() + random() * interval '1 minute' where random() < 0.2`,
	'delete from runs where random() < 0.3',
	`update task_usage_hourly_rollup_state set watermark_at = now() - random() * interval '1 day'`,
];
const changing = (async () => {
	for (let at = 0; isChanging; at++) await server.query(changes[at % changes.length] ?? '');
})();

const levels: { refresh: number; bytes: number; handles: number }[] = [];
for (let done = 1; done <= refreshes; done++) {
	await parts.loop.refresh();
	if (done % Math.ceil(refreshes / 20) !== 0) continue;
	const now = level();
	levels.push({ refresh: done, ...now });
	const megabytes = (now.bytes / 2 ** 20).toFixed(1);
	console.log(`${done} refreshes: ${megabytes} MB, ${now.handles} handles`);
}
const connections = await server.query(
	"select count(*)::int as open from pg_stat_activity where application_name = 'tidemark'",
);
isChanging = false;
await changing;
await parts.stop();
await server.remove();

const settled = levels.filter(
	({ refresh }) => refresh >= Math.max(refreshes / 10, longestHistory * 1.2),
);
// The lowest of three: the table of the moment is part of each level, and its size is chance.
const lowest = (some: typeof levels) => some.reduce((a, b) => (a.bytes < b.bytes ? a : b));
const [first, last] = [lowest(settled.slice(0, 3)), lowest(settled.slice(-3))];
const growth = last.bytes / first.bytes - 1;
console.log(`growth since it settled: ${(growth * 100).toFixed(1)} %`);
console.log(`connections at the end: ${connections[0].open}`);
const isSteady = growth <= allowedGrowth && last.handles <= first.handles + 2;
process.exitCode = isSteady && connections[0].open <= 2 ? 0 : 1;
