import type { Snapshot } from '../snapshot.ts';
import { Archive } from './archive.ts';
import { type Borrowed, TrendBook, type Trends, withBorrowed } from './trends.ts';

/** What is remembered, and how much of it. */
export type HistoryLimits = {
	/** Younger than this, by this machine's clock; in ms. */
	readonly keepMs: number;
	/** Packed; a history that would be larger is shorter. */
	readonly maxBytes: number;
	/** However small they are: a clock that was set back must not keep them for ever. */
	readonly maxSamples: number;
};

/** An hour of samples, also at four a second: an hour of one a second takes a tenth of it or so. */
export const historyLimits: HistoryLimits = {
	keepMs: 3_600_000,
	maxBytes: 12 * 2 ** 20,
	maxSamples: 16_000,
};

/** Every sample of the last hour: numbers to draw at once, and whole snapshots to step back to. */
export class History {
	readonly #limits: HistoryLimits;
	readonly #archive = new Archive();
	readonly #trends = new TrendBook(() => this.#archive.from(this.oldestSeq));

	#borrowed: Borrowed | undefined;

	constructor(limits = historyLimits) {
		this.#limits = limits;
	}

	/** How many snapshots are kept. */
	get length(): number {
		return this.#trends.length;
	}

	/** What the packed snapshots take. */
	get bytes(): number {
		return this.#archive.bytes;
	}

	/** The number of the oldest that is kept; those up to the newest are all there. */
	get oldestSeq(): number {
		return this.#archive.oldestSeq ?? 0;
	}

	get newestSeq(): number {
		return this.oldestSeq + this.length - 1;
	}

	/** Remembers a snapshot, whose `seq` follows that of the one before, and forgets what is too old. */
	add(snapshot: Snapshot): void {
		this.#archive.add(snapshot);
		this.#trends.add(snapshot);
		while (this.#isTooMuch(snapshot.publishedAt)) this.#trends.drop(this.#archive.dropOldest());
	}

	/** The snapshot with this number; undefined where it is not kept. */
	get(seq: number): Snapshot | undefined {
		return seq < this.oldestSeq ? undefined : this.#archive.get(seq);
	}

	/** The snapshots that are read together with this one, itself the last; the first begins a block. */
	upTo(seq: number): readonly Snapshot[] {
		const block = this.#archive.blockOf(seq);
		if (!block) return [];
		return Array.from({ length: seq - block.firstSeq + 1 }, (_, at) =>
			this.#archive.get(block.firstSeq + at),
		).filter((each) => each !== undefined);
	}

	/** Whether the snapshot is the first of its block. */
	isBlockStart(seq: number): boolean {
		return this.#archive.blockOf(seq)?.firstSeq === seq;
	}

	/** The snapshots of the last `spanMs` before one, itself the last. */
	lately(spanMs: number, seq = this.newestSeq): readonly Snapshot[] {
		const { publishedAt } = this.#trends;
		const last = seq - this.oldestSeq;
		const since = (publishedAt[last] ?? 0) - spanMs;
		let first = last;
		while (first > 0 && (publishedAt[first - 1] ?? 0) >= since) first -= 1;
		const found: Snapshot[] = [];
		for (const snapshot of this.#archive.from(this.oldestSeq + first)) {
			if (snapshot.seq > seq) break;
			found.push(snapshot);
		}
		return found;
	}

	/** From the snapshot before to this one, in ms; 0 for the oldest. */
	gapMs(seq: number): number {
		const { publishedAt } = this.#trends;
		const at = seq - this.oldestSeq;
		return at < 1 ? 0 : Math.max(0, (publishedAt[at] ?? 0) - (publishedAt[at - 1] ?? 0));
	}

	/** The number of the last snapshot published at or before a time; the oldest where none was. */
	seqAt(publishedAt: number): number {
		const times = this.#trends.publishedAt;
		const at = times.findLastIndex((each) => each <= publishedAt);
		return this.oldestSeq + Math.max(0, at);
	}

	/** The numbers over time up to a snapshot, or up to now; those of before the start come first. */
	trends(seq = this.newestSeq): Trends {
		const own = this.#trends.upTo(seq - this.oldestSeq + 1);
		return this.#borrowed ? withBorrowed(own, this.#borrowed, this.#limits.keepMs) : own;
	}

	/** Takes over numbers of before the start. */
	borrow(borrowed: Borrowed): void {
		this.#borrowed = borrowed;
	}

	#isTooMuch(now: number): boolean {
		const { count, isOnly } = this.#archive.oldestBlock;
		if (isOnly) return false;
		const { keepMs, maxBytes, maxSamples } = this.#limits;
		// A block goes when all of it is too old.
		const lastOfBlock = this.#trends.publishedAt[count - 1] ?? 0;
		return lastOfBlock < now - keepMs || this.bytes > maxBytes || this.length > maxSamples;
	}
}
