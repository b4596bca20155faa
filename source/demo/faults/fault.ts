import type { Client } from 'pg';
import type { Switches } from '../workload/switches.ts';

/** What a fault may use to do its damage. */
export interface FaultContext {
	/** A connection of the demo's own, for statements that end. */
	readonly client: Client;
	/**
	 * Opens a session that stays open as long as the demo runs.
	 *
	 * @param applicationName shown in `pg_stat_activity`
	 */
	open(applicationName: string): Promise<Client>;
}

/** One thing that goes wrong in the demo's database, visible at once since its traces are backdated. */
export interface Fault {
	/** What has happened, in a sentence. */
	readonly summary: string;
	/** Turns off what the product does no longer. */
	readonly disturb?: (switches: Switches) => void;
	/** Leaves the traces that the fault would have left by now; runs before the workload starts. */
	readonly inject?: (context: FaultContext) => Promise<void>;
}
