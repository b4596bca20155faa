import type { Sampler } from '../catalog/sampler.ts';
import type { Choice } from '../catalog/select.ts';
import { sqlstates } from '../errors.ts';
import type { Answer } from '../postgres/message.ts';
import { afterFailure, afterSuccess, type Cadence, fresh, isDue, slowEveryMs } from './cadence.ts';
import { oneForEachLock, sharesTable } from './locked-out.ts';
import { readAnswer } from './read-answer.ts';
import { failed, type Reading, type SamplerFailure, succeeded } from './reading.ts';

/** What became of one run, for those who count: seconds as the server measured them, else ours. */
export type SampleOutcome = {
	readonly sampler: Sampler;
	readonly seconds: number;
	readonly failure?: SamplerFailure;
};

/** The limits that a run is held to. */
export type BookOptions = {
	readonly intervalMs: () => number;
	readonly statementTimeoutMs: number;
};

/** What a sampler is, and how its runs went since the start. */
export type SamplerFacts = Pick<Sampler, 'title' | 'file' | 'why' | 'maxRows'> & {
	/** The server's limit for it, in ms. */
	readonly timeoutMs: number;
	readonly runs: number;
	readonly failures: number;
	/** Failures of its own time limit. */
	readonly timeouts: number;
};

type Tally = Pick<SamplerFacts, 'runs' | 'failures' | 'timeouts'>;

const noRuns: Tally = { runs: 0, failures: 0, timeouts: 0 };

type Entry = {
	readonly choice: Choice;
	readonly reading: Reading;
	readonly cadence: Cadence;
	/** Somebody's lock kept its last run waiting, and nothing says yet that the lock is gone. */
	readonly isLockedOut: boolean;
	readonly tally: Tally;
};

/** What is known of every sampler, and when each is to be asked again. */
export class Book {
	readonly #options: BookOptions;
	#entries = new Map<string, Entry>();

	constructor(options: BookOptions) {
		this.#options = options;
	}

	/** Takes a new plan; a sampler whose variant stays the same keeps its reading. */
	plan(choices: readonly Choice[]): void {
		this.#entries = new Map(
			choices.map((choice) => {
				const known = this.#entries.get(choice.id);
				const isSame =
					known?.choice.kind === choice.kind && known.choice.sampler === choice.sampler;
				return [choice.id, isSame ? { ...known, choice } : { choice, ...unread(choice) }];
			}),
		);
	}

	/** The samplers a refresh at `now` should ask, of those that are slow or of the others. */
	due(now: number, isSlow: boolean): Sampler[] {
		const due = [...this.#entries.values()].filter(
			({ choice, cadence }) =>
				choice.kind === 'run' &&
				(choice.sampler.everyMs ?? 0) >= slowEveryMs === isSlow &&
				isDue(cadence, now),
		);
		const free = due.filter(({ isLockedOut }) => !isLockedOut);
		// The one that was asked least often first, lest one that waits for another lock too speaks for all.
		const lockedOut = due
			.filter(({ isLockedOut }) => isLockedOut)
			.toSorted((a, b) => a.cadence.failures - b.cadence.failures);
		return [
			...free.map(({ choice }) => choice.sampler),
			...oneForEachLock(lockedOut.map(({ choice }) => choice.sampler)),
		];
	}

	timeoutMs(sampler: Sampler): number {
		return sampler.timeoutMs ?? this.#options.statementTimeoutMs;
	}

	/** The cadence of its own that a sampler's chosen variant has, in ms. */
	everyMs(id: string): number | undefined {
		return this.#entries.get(id)?.choice.sampler.everyMs;
	}

	/** What is known of a sampler's chosen variant besides its reading. */
	facts(id: string): SamplerFacts | undefined {
		const entry = this.#entries.get(id);
		if (entry === undefined) return undefined;
		const { title, file, why, maxRows } = entry.choice.sampler;
		const timeoutMs = this.timeoutMs(entry.choice.sampler);
		return { title, file, why, maxRows, timeoutMs, ...entry.tally };
	}

	/** Enters an answer and says what became of it. */
	record(sampler: Sampler, answer: Answer, now: number): SampleOutcome {
		const entry = this.#entries.get(sampler.id);
		const result = readAnswer(sampler, this.timeoutMs(sampler), answer);
		// The plan may have changed while the question was under way; then the answer is old news.
		if (entry?.choice.kind === 'run' && entry.choice.sampler === sampler) {
			const isLockedOut = 'failure' in result && isLock(result.failure);
			const next = {
				isLockedOut,
				tally: tallied(entry.tally, 'failure' in result ? result.failure : undefined),
				...('failure' in result
					? { reading: failed(entry.reading, result.failure), cadence: this.#later(entry, now) }
					: {
							reading: succeeded(entry.reading, result.rows, result.at, result.cost),
							cadence: afterSuccess(now, sampler.everyMs),
						}),
			};
			this.#entries.set(sampler.id, { ...entry, ...next });
			if (entry.isLockedOut) {
				this.#tellLockedOut(sampler, isLockedOut, isLockedOut ? next.cadence.dueAt : now);
			}
		}
		const seconds = (answer.kind === 'rows' ? answer.serverMs : answer.tookMs) / 1000;
		return { sampler, seconds, ...('failure' in result ? { failure: result.failure } : {}) };
	}

	/** Whether any sampler can't run here, for want of a table or a privilege. */
	isAnyMissing(): boolean {
		return [...this.#entries.values()].some(({ choice }) => choice.kind !== 'run');
	}

	/** Enters that samplers could not be asked at all; they stay due. */
	unasked(samplers: readonly Sampler[], sentence: string): void {
		for (const { id } of samplers) {
			const entry = this.#entries.get(id);
			if (entry) this.#entries.set(id, { ...entry, reading: failed(entry.reading, { sentence }) });
		}
	}

	/** The statement that makes the index a sampler wishes for, by sampler id. */
	advice(): ReadonlyMap<string, string> {
		const advised = [...this.#entries].flatMap(([id, { choice }]) =>
			choice.kind === 'run' && choice.advice ? [[id, choice.advice] as const] : [],
		);
		return new Map(advised);
	}

	/** The current readings; a new map, so that an older snapshot keeps its own. */
	readings(): ReadonlyMap<string, Reading> {
		return new Map([...this.#entries].map(([id, { reading }]) => [id, reading]));
	}

	/** One was asked whether a lock is gone; the others that it keeps out know now too. */
	#tellLockedOut(asked: Sampler, isLockedOut: boolean, dueAt: number): void {
		for (const [id, entry] of this.#entries) {
			if (id === asked.id || !entry.isLockedOut || !sharesTable(asked, entry.choice.sampler))
				continue;
			this.#entries.set(id, { ...entry, isLockedOut, cadence: { ...entry.cadence, dueAt } });
		}
	}

	#later({ cadence, choice }: Entry, now: number): Cadence {
		return afterFailure(cadence, now, this.#options.intervalMs(), choice.sampler.everyMs);
	}
}

/** Whether the server gave up waiting for a lock. */
export const isLock = ({ sqlstate = '' }: SamplerFailure): boolean =>
	sqlstates.lockNotAvailable.has(sqlstate);

const tallied = ({ runs, failures, timeouts }: Tally, failure?: SamplerFailure): Tally => ({
	runs: runs + 1,
	failures: failures + (failure === undefined ? 0 : 1),
	timeouts: timeouts + (failure?.sqlstate === '57014' ? 1 : 0),
});

const unread = (choice: Choice): Omit<Entry, 'choice'> => ({
	tally: noRuns,
	reading:
		choice.kind === 'run' ? { kind: 'pending' } : { kind: 'unavailable', reason: choice.reason },
	cadence: fresh,
	isLockedOut: false,
});
