import { demoId, shape } from '../shape.ts';
import { createRandom } from '../workload/random.ts';
import { createTasks } from '../workload/tasks.ts';
import type { Fault } from './fault.ts';
import { addRunning, silence, spreadQueued } from './task-damage.ts';

const everyRuntime = Array.from({ length: shape.runtimes }, (_, index) => index + 1);
/** Runtime 1 belongs to the busiest workspace; agents 1 and 3 are its own. */
const busyRuntime = 1;

/** Faults of the task queue and of the runtimes that work on it, by name. */
export const taskFaults = {
	'silent-runtime': {
		summary: 'one runtime fell silent 20 minutes ago and still holds most of the running tasks',
		disturb(switches) {
			switches.silentRuntimes.add(busyRuntime);
			switches.isDying = false;
		},
		async inject({ client }) {
			await silence(client, [busyRuntime], '20 minutes');
			await addRunning(client, 1, 40, ['20 minutes', '28 minutes']);
		},
	},
	'all-runtimes-silent': {
		summary: 'every runtime fell silent nine minutes ago while work is waiting',
		disturb(switches) {
			for (const n of everyRuntime) switches.silentRuntimes.add(n);
		},
		async inject({ client }) {
			await silence(client, everyRuntime, '9 minutes');
			await createTasks(client, createRandom(1), 60);
			await spreadQueued(client, '9 minutes');
		},
	},
	'stuck-tasks': {
		summary: 'tasks have been running for hours on runtimes that are alive',
		async inject({ client }) {
			await addRunning(client, 6, 5, ['35 minutes', '70 minutes']);
			await addRunning(client, 12, 4, ['1 hour', '2 hours']);
		},
	},
	'stuck-dispatch': {
		summary: 'runtimes take tasks and never start them',
		disturb(switches) {
			switches.isStarting = false;
		},
		async inject({ client }) {
			await createTasks(client, createRandom(2), 12);
			await client.query(
				`update agent_task_queue set status = 'dispatched', created_at = now() - interval '5 minutes',
					dispatched_at = now() - random() * interval '1 minute' - interval '210 seconds'
				where status = 'queued'`,
			);
		},
	},
	'not-draining': {
		summary: 'nobody hands out tasks any more: the queue has been growing for 25 minutes',
		disturb(switches) {
			switches.isDispatching = false;
		},
		async inject({ client }) {
			await createTasks(client, createRandom(3), 25 * shape.tasksPerMinute);
			await spreadQueued(client, '25 minutes');
		},
	},
	'retry-storm': {
		summary: 'one runtime fails everything it takes, and each task comes back for another attempt',
		disturb(switches) {
			switches.failingRuntimes.add(busyRuntime);
		},
		async inject({ client }) {
			await addRunning(client, 1, 60, ['1 minute', '11 minutes']);
			await client.query(
				`update agent_task_queue set status = 'failed', completed_at = started_at + interval '3 seconds',
					attempt = 1 + (random() * 2)::int, failure_reason = 'rate_limited', error = 'HTTP 429 from the provider'
				where status = 'running' and agent_id = $1`,
				[demoId('agent', 1)],
			);
			// Everything it takes: also what history gave it, which by day is more than it may succeed at.
			await client.query(
				`update agent_task_queue set status = 'failed', attempt = 1, failure_reason = 'rate_limited', error = 'HTTP 429 from the provider'
				where status = 'completed' and runtime_id = $1 and completed_at > now() - interval '15 minutes'`,
				[demoId('runtime', busyRuntime)],
			);
		},
	},
} satisfies Record<string, Fault>;
