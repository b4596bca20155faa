import type { Client } from 'pg';
import { keepConnection } from '../connection.ts';
import { shape } from '../shape.ts';
import { stepEdits } from './edits.ts';
import { createRandom } from './random.ts';
import { stepRuns } from './runs.ts';
import { createRuntimes, type Runtimes } from './runtimes.ts';
import type { Switches } from './switches.ts';
import { stepTasks } from './tasks.ts';
import { stepTicks } from './ticks.ts';

/** A product at work on the demo's database, on two connections of its own. */
export interface Workload {
	readonly runtimes: Runtimes;
	/** Resolves after the next whole second of work; rejects when that second failed. */
	nextStep(): Promise<void>;
	/** Ends after the step in hand and closes the connections. */
	stop(): Promise<void>;
}

/** How to run a workload. */
export interface WorkloadOptions {
	readonly url: string;
	/** Two runs with one seed ask for the same work. */
	readonly seed: number;
	readonly switches: Switches;
	/** Milliseconds between two steps; each is one second of the product's life. */
	readonly stepMs: number;
}

const trim = [
	`delete from runs where finished_at < now() - interval '${shape.runsKeptHours} hours'`,
	`delete from sys_cron_executions where plan_time < now() - interval '${shape.schedulerKeptHours} hours'`,
	'update tidemark_demo.state set alive_at = now()',
];
const trimSeconds = 30;

/** A statement that a fault holds up is given up, so that the runtimes' beats go on. */
const patience = (client: Client) => client.query('set statement_timeout = 5000');

/**
 * Starts the workload. A step that fails (the database restarts, a fault bites) is left behind, and
 * the next second tries again: a demo survives what it shows.
 */
export function startWorkload(options: WorkloadOptions): Workload {
	const { url, seed, switches, stepMs } = options;
	const random = createRandom(seed);
	const runtimes = createRuntimes();
	const server = keepConnection(url, 'demo-server', patience);
	const scheduler = keepConnection(url, 'demo-scheduler');
	let second = 0;
	let isStopped = false;
	let timer: NodeJS.Timeout | undefined;
	let report = Promise.withResolvers<void>();
	let ticking: Promise<void> | undefined;

	async function step(): Promise<void> {
		const client = await server.client();
		await runtimes.step(client, random, switches);
		// The runs are another product's: what holds the tasks up leaves their leases alone.
		await stepRuns(client, random, switches);
		await stepTasks(client, random, switches);
		await stepEdits(client, random, switches);
		if (second % trimSeconds === 0) for (const statement of trim) await client.query(statement);
	}
	/** On the other connection and not waited for: while a tick works, the product does too. */
	function tick(): void {
		ticking ??= stepTicks(scheduler, second, switches)
			.catch(() => {})
			.finally(() => {
				ticking = undefined;
			});
	}
	async function stepAndReport(): Promise<void> {
		const { resolve, reject, promise } = report;
		report = Promise.withResolvers();
		promise.catch(() => {});
		tick();
		await step().then(resolve, reject);
		second++;
		if (!isStopped) timer = setTimeout(begin, stepMs);
	}
	let running: Promise<void> = Promise.resolve();
	function begin(): void {
		running = stepAndReport();
	}
	begin();
	return {
		runtimes,
		nextStep: () => report.promise,
		async stop() {
			isStopped = true;
			clearTimeout(timer);
			await Promise.all([running, ticking]);
			await Promise.all([server.close(), scheduler.close()]);
		},
	};
}
