import type { Proof } from './proof.ts';
import type { Reading, Row } from './reading.ts';

/** A count as the server gave it; bigint only past 2^53. */
export type Count = number | bigint;

/** A value that may not be known; undefined is drawn as unknown, never as zero. */
export type Maybe<T> = T | undefined;

/** One line of the task panel. */
export type SourceTasks = {
	readonly source: string;
	readonly queued: Maybe<Count>;
	readonly running: Maybe<Count>;
	readonly stuck: Maybe<Count>;
};

/** What the task panel shows; ages in seconds by the server's clock, rates per minute. */
export type TasksData = {
	/** Sources with any work first by work; every known source is in it. */
	readonly sources: readonly SourceTasks[];
	/** Absent: unknown; null: nothing is waiting. */
	readonly oldestReadySeconds: Maybe<number | null>;
	readonly createdPerMinute: Maybe<number>;
	readonly finishedPerMinute: Maybe<number>;
	readonly dispatchedNotStarted: Maybe<Count>;
	readonly oldestDispatchedSeconds: Maybe<number | null>;
	readonly runningOnSilentRuntime: Maybe<Count>;
	/** Longest silence of a runtime that still holds running tasks. */
	readonly longestSilenceSeconds: Maybe<number | null>;
	readonly runningOverThirtyMinutes: Maybe<Count>;
};

/** One line of the runtime panel. */
export type RuntimeGroup = {
	readonly mode: string;
	readonly provider: string;
	/** Heartbeat younger than 105 s. */
	readonly online: Count;
	/** Heartbeat between 105 s and 150 s old. */
	readonly late: Count;
	/** Heartbeat older than 150 s. */
	readonly silent: Count;
};

/** What the runtime panel shows. */
export type RuntimesData = {
	readonly groups: Maybe<readonly RuntimeGroup[]>;
	/** Runtimes per heartbeat-age bucket: not cumulative, one more than `bounds` (the last is above all). */
	readonly heartbeat: Maybe<{
		readonly bounds: readonly number[];
		readonly counts: readonly number[];
	}>;
};

/** One pipeline's line of the rollup panel. */
export type PipelineData = {
	readonly pipeline: string;
	/** ms since the epoch; the epoch itself: never ticked. Infinity is possible in a hostile row. */
	readonly watermarkAt: Maybe<number>;
	/** Newest usage event − watermark; null: there is no usage at all. */
	readonly dataLagSeconds: Maybe<number | null>;
	/** Since the last run finished; null: never ran. */
	readonly runAgeSeconds: Maybe<number | null>;
	readonly lastRows: Maybe<Count | null>;
	/** Sanitised; null: none. */
	readonly lastError: Maybe<string | null>;
	readonly dirtyRows: Maybe<Count>;
	/** `dirtyRows` is a lower bound. */
	readonly isDirtyCapped: boolean;
	/** Null: the queue is empty. */
	readonly dirtyOldestSeconds: Maybe<number | null>;
	readonly dirtyNewestSeconds: Maybe<number | null>;
	readonly lock: Maybe<LockHolder | null>;
	/** How far back its buckets are proven; absent where nobody verifies in the background. */
	readonly proof?: Maybe<Proof>;
	/** Its latest ticks in a row that succeeded and moved nothing though newer usage was there; 20 at most; null: no tick is on record. */
	readonly stalledRuns: Maybe<Count | null>;
	/** Its latest ticks in a row that failed; 20 at most; null: no tick is on record. */
	readonly failedRuns: Maybe<Count | null>;
};

/** Who holds a pipeline's advisory lock. */
export type LockHolder = {
	readonly pid: number;
	/** Sanitised. */
	readonly application: string;
	/** Undefined where the role may not see it (needs pg_read_all_stats). */
	readonly state: Maybe<string>;
	/** What it runs, or ran last; sanitised. Likewise. */
	readonly query: Maybe<string>;
	/** Since the state last changed. */
	readonly stateSeconds: Maybe<number>;
	/** Since its transaction began, or where it has none since its state changed. */
	readonly heldSeconds: Maybe<number>;
	/** It is idle while another session works on windows for it, as a backfill may do. */
	readonly isHelped: boolean;
	readonly waiters: number;
	readonly longestWaitSeconds: Maybe<number | null>;
};

/** One line of the activity panel. */
export type ActivityData = {
	/** Windows in the order 5m, 1h, 24h. */
	readonly windows: readonly {
		readonly window: string;
		readonly users: Maybe<Count>;
		readonly workspaces: Maybe<Count>;
	}[];
	readonly workspaceTotal: Maybe<Count>;
};

/** What the lease panel shows. */
export type LeasesData = {
	readonly ready: Maybe<Count>;
	readonly future: Maybe<Count>;
	/** Since the run that waits longest might start; 0 when none is ready. */
	readonly longestWaitSeconds: Maybe<number>;
	readonly active: Maybe<Count>;
	readonly expired: Maybe<Count>;
	readonly oldestExpiredSeconds: Maybe<number | null>;
	/** Absent also where no worker table exists. */
	readonly workersAlive: Maybe<Count>;
	/** Labels as stored (sanitised), most runs first. */
	readonly byStatus: Maybe<readonly { readonly status: string; readonly runs: Count }[]>;
};

/** What the header and the footer show of the server. */
export type DatabaseData = {
	readonly isStandby: Maybe<boolean>;
	/** Null on a primary. */
	readonly replayLagSeconds: Maybe<number | null>;
	readonly connections: Maybe<number>;
	readonly maxConnections: Maybe<number>;
	readonly oldestTransactionSeconds: Maybe<number | null>;
};

/** A panel with the readings that feed it, so that its state (pending, stale, …) can be drawn. */
export type PanelState<Data> = {
	/** False where no sampler of the panel applies to this database. */
	readonly isPresent: boolean;
	/** By sampler id. */
	readonly readings: readonly (readonly [string, Reading])[];
	readonly data: Data;
};

/** A column's value as a count, where it is one. */
export const countOf = (row: Row | undefined, column: string): Maybe<Count> => {
	const value = row?.[column];
	return typeof value === 'number' || typeof value === 'bigint' ? value : undefined;
};
