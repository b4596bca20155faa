/**
 * How far back a pipeline's buckets are proven, by comparing them with raw bit by bit in the
 * background. Times are the server's clock, in ms since the epoch.
 */
export type Proof = {
	/** From here up to `toMs` no bucket differs but those that wait for a tick; undefined: nothing is proven. */
	readonly fromMs: number | undefined;
	/** Up to here buckets have been compared: never past the watermark. */
	readonly toMs: number;
	/** Every bucket there is has been compared, down to the oldest. */
	readonly isWhole: boolean;
	/** None of the comparisons that count is older than this. */
	readonly sinceMs: number;
	/** Buckets that differ and wait for nothing, in the slices where some do. */
	readonly drift: number;
	readonly ghosts: number;
	/** Those of them that a second verification has found again. */
	readonly confirmed: number;
	/** The newest slice in which one differs, and the oldest known. */
	readonly newestWrongMs: number | undefined;
	readonly oldestWrongMs: number | undefined;
	/** Why it doesn't go on, in a few words, sanitised; undefined: it does, or all is done. */
	readonly halt: string | undefined;
};

/** By the name of the pipeline. */
export type Proofs = ReadonlyMap<string, Proof>;
