import { afterAll, expect, test } from 'vitest';
import { defaultCacheFolder } from '../../../source/demo/cache-folder.ts';
import type { Fault } from '../../../source/demo/faults/fault.ts';
import { faults, injectFault } from '../../../source/demo/faults/faults.ts';
import { shape } from '../../../source/demo/shape.ts';
import { usualSwitches } from '../../../source/demo/workload/switches.ts';
import { startWorkload, type Workload } from '../../../source/demo/workload/workload.ts';
import { defaultThresholds } from '../../../source/health/thresholds.ts';
import { diagnosedElsewhere, shows, symptoms } from '../../demo/symptoms.ts';
import { useClones, withClient } from './clones.ts';
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
	'future-only': ['note future-only'],
	'sampler-denied': ['warn sampler-denied'],
	'clock-skew': ['warn clock-skew'],
	'nobody-ticks': ['critical nobody-ticks <- warn unfinished-backfill hourly'],
	'lock-leaked': [
		'critical lock-leaked hourly <- critical green-but-still hourly <- warn unfinished-backfill hourly',
	],
	'green-but-blocked': ['critical lock-busy dashboard <- critical green-but-still dashboard'],
	'blocked-delete': [
		'warn blocked-delete hourly',
		'note lock-busy hourly <- warn unfinished-backfill hourly',
	],
	'backfill-running': ['note lock-busy hourly <- warn unfinished-backfill hourly'],
	'failing-tick': ['critical failing-tick'],
	'catching-up': ['critical catching-up hourly <- warn unfinished-backfill hourly'],
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

test('every fault has a symptom and a sentence', () => {
	expect(Object.keys(symptoms).sort()).toEqual(Object.keys(faults).sort());
	for (const { summary } of Object.values(faults)) expect(summary).toMatch(/^[a-z].{20,100}[^.]$/);
});

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

/** Evidence that cannot be had where the fault is that something may not be read. */
const unknown: Readonly<Record<string, readonly string[]>> = {
	'sampler-denied': [
		'lease/expired',
		'lease/planned',
		'lease/workers',
		'rollup/dirty-hourly',
		'rollup/drift-hourly',
	],
};

/** What history brings at some hours of the day only, or has brought too long ago on a busy machine. */
const busyHour: Readonly<Record<string, string>> = {
	'not-draining': `update agent_task_queue set dispatched_at = now()
		where id = (select id from agent_task_queue where status = 'running' order by started_at desc limit 1)`,
	'retry-storm': `insert into agent_task_queue (agent_id, runtime_id, status, completed_at)
		select agent.id, runtime.id, 'completed', now() - n * interval '20 seconds'
		from agent_runtime runtime, agent, generate_series(1, 20) n
		where runtime.name = 'bo-laptop-1' and agent.runtime_id = runtime.id`,
};

const clones = useClones({ days: 10 });
const table: string[] = [];

afterAll(() => console.info(['fault | found after | sentence', ...table].join('\n')));

const named = Object.keys(faults).filter((name) => !diagnosedElsewhere.includes(name));

test.each(named)('%s is there, found at the first look, and nothing beside it', async (name) => {
	const { url, drop } = await clones.create();
	await withClient(url, (client) => client.query(busyHour[name] ?? 'select'));
	const switches = usualSwitches(shape.tasksPerMinute);
	const made = await injectFault(faults[name] as Fault, {
		url,
		switches,
		settings: {},
		cacheFolder: defaultCacheFolder(),
	});
	const injected = performance.now();
	let workload: Workload | undefined;
	try {
		const diagnosis = await diagnoseOnce(made.watchedUrl, thresholds[name]);
		const seconds = ((performance.now() - injected) / 1000).toFixed(2);
		table.push(`${name} | ${seconds} s | ${diagnosis.findings[0]?.sentence ?? 'not found'}`);
		expect(outline(diagnosis).map(withoutPid)).toEqual(expected[name]);
		expect(diagnosis.unexplained).toEqual([]);
		for (const { clues, next, since } of diagnosis.findings) {
			expect(clues.length).toBeGreaterThan(0);
			expect(next.length).toBeGreaterThan(0);
			expect(since ?? 0).toBeLessThanOrEqual(diagnosis.at);
		}
		expect(diagnosis.gaps.map(({ evidence }) => evidence)).toEqual(unknown[name] ?? []);
		const work = () => (workload ??= startWorkload({ url, seed: 1, switches, stepMs: 100 }));
		expect(await shows(name, made.watchedUrl, work)).toBe(true);
	} finally {
		await workload?.stop();
		await made.close();
		await drop();
	}
});

const withoutPid = (line: string): string => line.replace(/ \d+$/, '');
