import { shape } from '../shape.ts';
import { createRandom } from '../workload/random.ts';
import { createTasks } from '../workload/tasks.ts';
import type { Fault } from './fault.ts';
import { addRunning, spreadQueued } from './task-damage.ts';

/** Faults of all runtimes at once that leave them alive, by name. */
export const loadFaults = {
	overload: {
		summary: 'more tasks come in than the runtimes can take, and the queue grows',
		disturb(switches) {
			// Twenty are handed out a second at most.
			switches.tasksPerMinute = 1500;
		},
		async inject({ client }) {
			for (let agent = 1; agent <= shape.workspaces * shape.agentsPerWorkspace; agent += 1) {
				await addRunning(client, agent, 1, ['30 seconds', '40 seconds']);
			}
			await createTasks(client, createRandom(4), 900);
			await spreadQueued(client, '8 minutes');
		},
	},
	'provider-down': {
		summary: 'a provider refuses everybody: tasks fail on all runtimes and come back',
		disturb(switches) {
			for (let n = 1; n <= shape.runtimes; n += 1) switches.failingRuntimes.add(n);
		},
		async inject({ client }) {
			for (let agent = 1; agent <= shape.workspaces; agent += 1) {
				await addRunning(client, agent * shape.agentsPerWorkspace, 6, ['1 minute', '13 minutes']);
			}
			await client.query(
				`update agent_task_queue set status = 'failed', completed_at = started_at + interval '4 seconds',
					attempt = 1, failure_reason = 'rate_limited', error = 'HTTP 429 from the provider'
				where status = 'running'`,
			);
			await client.query(
				`update agent_task_queue set status = 'failed', attempt = 1, failure_reason = 'rate_limited', error = 'HTTP 429 from the provider'
				where status = 'completed' and completed_at > now() - interval '15 minutes'`,
			);
		},
	},
} satisfies Record<string, Fault>;
