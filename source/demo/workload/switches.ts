import type { Pipeline } from '../pipelines.ts';
import { pipelines } from '../pipelines.ts';

/** What the workload does; a fault turns some of it off. */
export interface Switches {
	/** Tasks and chats appear; events a minute. */
	tasksPerMinute: number;
	/** Queued tasks are given to runtimes. */
	isDispatching: boolean;
	/** Dispatched tasks are started. */
	isStarting: boolean;
	/** Runtimes, by number, that fail whatever they start. */
	readonly failingRuntimes: Set<number>;
	/** Tasks that wait too long are given up, as the product does it. */
	isExpiring: boolean;
	/** Now and then a runtime falls silent for some minutes. */
	isDying: boolean;
	/** Runtimes, by number, that never beat. */
	readonly silentRuntimes: Set<number>;
	/** Runs are queued. */
	isQueuingRuns: boolean;
	/** Workers, by id, that beat no more. */
	readonly crashedWorkers: Set<string>;
	/** Workers beat, claim runs and renew their leases. */
	hasWorkers: boolean;
	/** Runs whose lease ran out are put back into the queue. */
	isReclaiming: boolean;
	/** The pipelines that the scheduler ticks. */
	readonly ticked: Set<Pipeline['name']>;
	/** Moves, deletes and corrections of older work, a minute. */
	editsPerMinute: number;
}

/** A workload without a fault, at the rates that history ends with. */
export function usualSwitches(tasksPerMinute: number): Switches {
	return {
		tasksPerMinute,
		isDispatching: true,
		isStarting: true,
		failingRuntimes: new Set(),
		isExpiring: true,
		isDying: true,
		silentRuntimes: new Set(),
		isQueuingRuns: true,
		crashedWorkers: new Set(),
		hasWorkers: true,
		isReclaiming: true,
		ticked: new Set(pipelines.map(({ name }) => name)),
		editsPerMinute: 3,
	};
}
