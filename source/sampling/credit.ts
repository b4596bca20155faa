/** How much of the server's time unasked work may take. */
export type Allowance = {
	/** Of one processor. */
	readonly share: number;
	/** What is saved up at most, in ms: a long pause is followed by no longer burst. */
	readonly mostMs: number;
};

/** Server time that may be spent, in ms; below zero it is owed, and waited for. */
export type Credit = {
	readonly ms: number;
	/** The moment it is of, in ms of a clock that only moves forward. */
	readonly atMs: number;
};

/** The credit at a later moment. */
export const earned = (credit: Credit, nowMs: number, { share, mostMs }: Allowance): Credit => ({
	ms: Math.min(mostMs, credit.ms + share * Math.max(0, nowMs - credit.atMs)),
	atMs: nowMs,
});

/** The credit after the server has worked for so long. */
export const spent = (credit: Credit, serverMs: number): Credit => ({
	...credit,
	ms: credit.ms - serverMs,
});
