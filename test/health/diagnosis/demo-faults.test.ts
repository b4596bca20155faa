import { afterAll, expect, test } from 'vitest';
import type { Fault } from '../../../source/demo/faults/fault.ts';
import { faults, injectFault } from '../../../source/demo/faults/faults.ts';
import { shape } from '../../../source/demo/shape.ts';
import { usualSwitches } from '../../../source/demo/workload/switches.ts';
import { defaultThresholds } from '../../../source/health/thresholds.ts';
import { useClones } from './clones.ts';
import { diagnoseOnce, outline } from './diagnosed.ts';

/** What diagnosis says of each of the demo's faults at the first look, and nothing beside it. */
const expected: Readonly<Record<string, readonly string[]>> = {
	'silent-runtime': ['warn silent-runtime bo-laptop-1'],
	'all-runtimes-silent': ['critical fleet-silent <- warn silent-runtime'],
	'stuck-tasks': ['note long-running'],
	'stuck-dispatch': ['critical stuck-dispatch'],
	'not-draining': ['critical nobody-dispatches <- critical overload'],
	'retry-storm': ['critical failing-runtime bo-laptop-1 <- warn retry-storm rate_limited'],
	'expired-leases': ['critical expired-leases worker-crashed'],
	'no-workers': ['critical no-workers'],
	'nobody-ticks': ['critical nobody-ticks <- warn unfinished-backfill hourly'],
	'lock-leaked': [
		'critical lock-leaked hourly <- critical green-but-still hourly <- warn unfinished-backfill hourly',
	],
	'green-but-blocked': ['critical lock-busy dashboard <- critical green-but-still dashboard'],
	'blocked-delete': [
		'warn blocked-delete hourly',
		'note lock-busy hourly <- critical green-but-still hourly <- warn unfinished-backfill hourly',
	],
	'backfill-running': [
		'note lock-busy hourly <- critical green-but-still hourly <- warn unfinished-backfill hourly',
	],
	'failing-tick': ['critical failing-tick'],
	// Before the first tick after the pause; what comes with it is in rollups.test.ts.
	'catching-up': ['critical ticks-stopped hourly <- warn unfinished-backfill hourly'],
	'unfinished-backfill': ['critical nobody-ticks hourly <- warn unfinished-backfill hourly'],
	'triggers-disabled': [
		'critical triggers-off <- warn wrong-numbers hourly <- warn wrong-numbers daily <- warn wrong-numbers dashboard',
	],
	'dirty-grows': ['critical ticks-stopped hourly <- warn dirty-grows hourly'],
	'dirty-near-loss': [
		'critical ticks-stopped hourly <- critical dirty-grows hourly <- warn unfinished-backfill hourly',
		'critical dirty-loss hourly',
	],
	'watermark-future': ['critical watermark-future hourly'],
	'wrong-numbers': ['warn wrong-numbers hourly'],
	'old-transaction': ['warn old-transaction'],
	overload: ['warn overload'],
	'provider-down': ['warn retry-storm rate_limited'],
	'abandoned-tick': ['critical abandoned-tick <- warn ticks-stopped'],
	'two-tickers': ['note two-tickers hourly'],
	'missing-index': ['warn missing-index agent_task_queue (completed_at)'],
	'invalid-index': ['warn missing-index agent_task_queue_priority'],
	'no-statistics': ['warn no-statistics agent_task_queue'],
	'usage-untimed': ['warn usage-without-update-time'],
};

const atOnce = { at: 0, forMs: 0 };
/** A session can't be backdated: what it must last for is cut short. */
const thresholds: Readonly<Record<string, typeof defaultThresholds>> = {
	'blocked-delete': {
		...defaultThresholds,
		'rollup-lock-waiter': { unit: 'seconds', warn: atOnce, source: 'product' },
	},
	'old-transaction': {
		...defaultThresholds,
		'oldest-transaction': { unit: 'seconds', warn: atOnce, source: 'monitors' },
	},
};

/** One fills the server that all tests share, one takes three seconds to show: see database.test.ts. */
const elsewhere: ReadonlySet<string> = new Set(['connections-full', 'lock-queue']);

const clones = useClones({ days: 10 });
const table: string[] = [];

afterAll(() => console.info(['fault | found after | sentence', ...table].join('\n')));

const named = Object.keys(faults).filter((name) => !elsewhere.has(name));

test.each(named)('%s is found at the first look, and nothing beside it', async (name) => {
	const { url, drop } = await clones.create();
	const switches = usualSwitches(shape.tasksPerMinute);
	const sessions = await injectFault(faults[name] as Fault, url, switches);
	const injected = performance.now();
	try {
		const diagnosis = await diagnoseOnce(url, thresholds[name]);
		const seconds = ((performance.now() - injected) / 1000).toFixed(2);
		table.push(`${name} | ${seconds} s | ${diagnosis.findings[0]?.sentence ?? 'not found'}`);
		expect(outline(diagnosis).map(withoutPid)).toEqual(expected[name]);
		expect(diagnosis.unexplained).toEqual([]);
		expect(diagnosis.gaps).toEqual([]);
	} finally {
		await sessions.close();
		await drop();
	}
});

const withoutPid = (line: string): string => line.replace(/ \d+$/, '');
