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

/** What a fault may use to show itself from elsewhere. */
export interface VantageContext {
	/** A connection of the demo's own, for statements that end. */
	readonly client: Client;
	/** Connection string of the damaged database, a superuser's. */
	readonly url: string;
	/** Settings that the demo's server runs with. */
	readonly settings: Readonly<Record<string, string | number>>;
	/** Where the demo keeps what it needs between starts. */
	readonly cacheFolder: string;
}

/** Where the console looks instead of the demo's own connection. */
export interface Vantage {
	/** Connection string, password included: not for any output. */
	readonly url: string;
	close(): Promise<void>;
}

/** One thing that goes wrong in the demo's database, visible at once since its traces are backdated. */
export interface Fault {
	/** What has happened, in a sentence. */
	readonly summary: string;
	/** Turns off what the product does no longer. */
	readonly disturb?: (switches: Switches) => void;
	/** Server settings that it needs instead of the demo's own. */
	readonly settings?: Readonly<Record<string, string | number>>;
	/** Opens where it shows, a standby or a role; runs after `inject`. */
	readonly vantage?: (context: VantageContext) => Promise<Vantage>;
	/** Leaves the traces that the fault would have left by now; runs before the workload starts. */
	readonly inject?: (context: FaultContext) => Promise<void>;
}
