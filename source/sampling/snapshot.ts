import type { Proofs } from './proof.ts';
import type { Reading } from './reading.ts';

/** Where the rows come from, as the server says it. Every text is sanitised. */
export type ServerIdentity = {
	readonly user: string;
	readonly database: string;
	/** Such as `17.6`. */
	readonly version: string;
	readonly host: string;
	readonly port: number;
	readonly isStandby: boolean;
	readonly isTls: boolean;
	/** A transaction pooler stands between: session settings were refused, each message carries its own. */
	readonly isPooled: boolean;
};

/**
 * The state of the line to the server. Times are this machine's clock in ms since the epoch:
 * while the server can't be asked its clock can't be read either.
 */
export type ConnectionState =
	| { readonly kind: 'connecting'; readonly since: number; readonly where: string }
	| { readonly kind: 'live'; readonly since: number; readonly identity: ServerIdentity }
	| {
			readonly kind: 'lost';
			readonly since: number;
			readonly where: string;
			/** What class of failure: `name`, `refused`, `tls`, `password`, … */
			readonly failureClass: string;
			readonly sentence: string;
			readonly attempts: number;
			/** When the next try starts. */
			readonly nextTryAt: number;
	  };

/** What one refresh took. */
export type Trip = {
	/** From the first byte sent to the last reading decoded, in ms. */
	readonly wallMs: number;
	/** Sum of the server's own time over the samplers, in ms. */
	readonly serverMs: number;
	readonly samplers: number;
};

/** Everything known at one moment; immutable, and the only thing that views, metrics and health read. */
export type Snapshot = {
	readonly seq: number;
	/** Server clock of the newest answer, in ms since the epoch; this machine's before the first. */
	readonly at: number;
	/** This machine's clock when that answer came: the age of all that is known counts from here. */
	readonly answeredAt: number;
	/** How far this machine's clock, as it is set, was ahead of the server's then, in ms; of the latest only. */
	readonly skewMs?: number;
	/** This machine's clock when this was published; later than the answer when a try failed. */
	readonly publishedAt: number;
	readonly connection: ConnectionState;
	/** Kept from the last live connection, so that a lost one can still be named. */
	readonly identity?: ServerIdentity;
	/** By sampler id, `pack/name`. Unchanged readings keep their identity between snapshots. */
	readonly readings: ReadonlyMap<string, Reading>;
	/** By sampler id: the statement that would make it cheap enough to be asked more often. */
	readonly advice: ReadonlyMap<string, string>;
	/** How far back each rollup is proven; absent or empty where nobody verifies in the background. */
	readonly proofs?: Proofs;
	readonly trip?: Trip;
};

/** The snapshot after `previous`: it holds what is known now, and dates the server's last answer. */
export function nextSnapshot(
	previous: Snapshot,
	now: number,
	known: Pick<Snapshot, 'connection' | 'readings' | 'advice' | 'identity' | 'proofs' | 'trip'>,
): Snapshot {
	const times = [...known.readings.values()].flatMap((reading) =>
		'at' in reading ? [reading.at] : [],
	);
	const at = times.length === 0 ? previous.at : Math.max(...times);
	return {
		...previous,
		...known,
		seq: previous.seq + 1,
		at,
		...(at !== previous.at && { answeredAt: now, skewMs: Date.now() - at }),
		publishedAt: now,
	};
}
