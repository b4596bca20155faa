import type { Snapshot } from '../snapshot.ts';

/** Reads one number off a snapshot; undefined where it isn't known. The same function is the same series. */
export type ReadNumber = (snapshot: Snapshot) => number | undefined;

/** Numbers over time, oldest first; all arrays are of one length. */
export type Trends = {
	/** Server clock of each sample, in ms since the epoch. */
	readonly times: Float64Array;
	/** What was read off each sample; NaN where it wasn't known. */
	values(read: ReadNumber): Float64Array;
	/** The first of them come from elsewhere. */
	readonly borrowed?: {
		/** From where; sanitised. */
		readonly from: string;
		/** The first sample of our own, in ms since the epoch. */
		readonly untilMs: number;
	};
};

/** The metric that says what a panel's series says. */
export type MetricOfSeries = {
	readonly name: string;
	/** Matchers besides, such as `window="5m"`. */
	readonly matchers?: string;
	/** What becomes of several series of one moment. */
	readonly combine: 'sum' | 'max';
};

/** Numbers of before the start, as somebody else has kept them; all arrays are of one length. */
export type Borrowed = {
	/** From where; sanitised. */
	readonly from: string;
	/** Server clock, in ms since the epoch, oldest first. */
	readonly times: Float64Array;
	readonly values: ReadonlyMap<ReadNumber, Float64Array>;
};

/** The trends with what was borrowed before them, as far as it is younger than `keepMs`. */
export function withBorrowed(own: Trends, borrowed: Borrowed, keepMs: number): Trends {
	const [first, last] = [own.times[0], own.times.at(-1)];
	if (first === undefined || last === undefined) return own;
	const start = borrowed.times.findIndex((time) => time >= last - keepMs);
	const end = borrowed.times.findLastIndex((time) => time < first) + 1;
	if (start < 0 || end <= start) return own;
	const joined = (before: Float64Array | undefined, after: Float64Array) => {
		const all = new Float64Array(end - start + after.length).fill(Number.NaN);
		if (before) all.set(before.subarray(start, end));
		all.set(after, end - start);
		return all;
	};
	const known = new Map<ReadNumber, Float64Array>();
	return {
		times: joined(borrowed.times, own.times),
		values(read) {
			const values = known.get(read) ?? joined(borrowed.values.get(read), own.values(read));
			known.set(read, values);
			return values;
		},
		borrowed: { from: borrowed.from, untilMs: first },
	};
}

/** The trends of some snapshots, read when asked for. */
export const trendsOf = (snapshots: readonly Snapshot[]): Trends => ({
	times: Float64Array.from(snapshots, ({ at }) => at),
	values: (read) => Float64Array.from(snapshots, (each) => read(each) ?? Number.NaN),
});

const leastRoom = 256;

/** A column of numbers that grows at one end and is forgotten at the other. */
class Column {
	#room = new Float64Array(leastRoom);
	#start = 0;
	#end = 0;
	#forgotten = 0;

	constructor(forgotten = 0) {
		this.#forgotten = forgotten;
	}

	get length(): number {
		return this.#end - this.#start;
	}

	push(value: number): void {
		if (this.#end === this.#room.length) this.#makeRoom();
		this.#room[this.#end++] = value;
	}

	drop(count: number): void {
		this.#start += count;
		this.#forgotten += count;
	}

	/** How many were dropped so far. */
	get forgotten(): number {
		return this.#forgotten;
	}

	/**
	 * The first `count` numbers that were there when so many had been forgotten; they never change,
	 * also when more are added. What has been forgotten since is NaN.
	 */
	first(count: number, forgotten = this.#forgotten): Float64Array {
		const gone = this.#forgotten - forgotten;
		const left = this.#room.subarray(this.#start, this.#start + Math.max(0, count - gone));
		if (gone === 0) return left;
		const padded = new Float64Array(count).fill(Number.NaN);
		padded.set(left, count - left.length);
		return padded;
	}

	/** Into room of its own: whoever still reads the old one is left alone. */
	#makeRoom(): void {
		const kept = this.first(this.length);
		this.#room = new Float64Array(Math.max(leastRoom, 2 * kept.length));
		this.#room.set(kept);
		this.#start = 0;
		this.#end = kept.length;
	}
}

/** As many series are followed; who asks for more loses the one that was asked for first. */
const mostSeries = 256;

/**
 * Numbers that are read off each snapshot once, as it is published. A series asked for later is read
 * off all that is kept: dear, and only once.
 */
export class TrendBook {
	readonly #all: () => Iterable<Snapshot>;
	readonly #times = new Column();
	readonly #publishedAt = new Column();
	readonly #series = new Map<ReadNumber, Column>();

	/** @param all every snapshot that was added and not dropped, oldest first */
	constructor(all: () => Iterable<Snapshot>) {
		this.#all = all;
	}

	get length(): number {
		return this.#times.length;
	}

	add(snapshot: Snapshot): void {
		this.#times.push(snapshot.at);
		this.#publishedAt.push(snapshot.publishedAt);
		for (const [read, column] of this.#series) column.push(read(snapshot) ?? Number.NaN);
	}

	/** Forgets the oldest. */
	drop(count: number): void {
		for (const column of [this.#times, this.#publishedAt, ...this.#series.values()]) {
			column.drop(count);
		}
	}

	/** When each was published, by this machine's clock. */
	get publishedAt(): Float64Array {
		return this.#publishedAt.first(this.length);
	}

	/** The trends as they were when there were only the first `count` samples. */
	upTo(count: number): Trends {
		const { forgotten } = this.#times;
		return {
			times: this.#times.first(count),
			values: (read) => this.#column(read).first(count, forgotten),
		};
	}

	#column(read: ReadNumber): Column {
		const known = this.#series.get(read);
		if (known !== undefined) return known;
		const column = new Column(this.#times.forgotten);
		for (const snapshot of this.#all()) column.push(read(snapshot) ?? Number.NaN);
		const [oldest] = this.#series.keys();
		if (this.#series.size >= mostSeries && oldest) this.#series.delete(oldest);
		this.#series.set(read, column);
		return column;
	}
}
