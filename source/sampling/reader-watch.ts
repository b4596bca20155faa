import { afterFailure, afterSuccess, type Cadence, fresh, isDue } from './cadence.ts';
import { type Answers, keyOf, type Question } from './question.ts';
import type { Reader } from './reader.ts';
import type { Reading } from './reading.ts';

/** What a watch is made of. */
export type ReaderWatchOptions = {
	readonly reader: Pick<Reader, 'ask'>;
	/** The pace of the samplers: what is watched keeps it. */
	readonly intervalMs: () => number;
	/** While sampling is paused only what has no answer yet is asked. */
	readonly isPaused: () => boolean;
	/** A clock that is never set back, in ms; see `createSteadyClock`. */
	readonly now: () => number;
};

/** Answers of questions that are no longer watched, kept so that a way back shows them at once. */
const keptAnswers = 16;

type Entry = {
	readonly question: Question;
	readonly cadence: Cadence;
	readonly reading: Reading;
	readonly isAsking: boolean;
};

/**
 * Asks the questions of what is open, over and over. A question that is still under way when its
 * turn comes again is not asked a second time.
 */
export class ReaderWatch {
	readonly #options: ReaderWatchOptions;
	readonly #listeners = new Set<() => void>();
	#watched = new Map<string, Entry>();
	#answers: Answers = new Map();
	#timer: NodeJS.Timeout | undefined;

	constructor(options: ReaderWatchOptions) {
		this.#options = options;
	}

	/** What is known; the same map until that changes. */
	state(): Answers {
		return this.#answers;
	}

	subscribe(listener: () => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	/** Asks these from now on and no others; those that were watched already keep their pace. */
	watch(questions: readonly Question[]): void {
		this.#watched = new Map(
			questions.map((question) => {
				const key = keyOf(question);
				const reading = this.#answers.get(key) ?? { kind: 'pending' };
				const entry = { question, cadence: fresh, reading, isAsking: false };
				return [key, { ...(this.#watched.get(key) ?? entry), question }];
			}),
		);
		this.#tick(true);
	}

	/** Asks all that is watched now, also while paused. */
	refresh(): void {
		for (const [key, entry] of this.#watched) this.#watched.set(key, { ...entry, cadence: fresh });
		this.#ask([...this.#watched.values()], true);
	}

	/** Asks nothing any more. */
	stop(): void {
		clearTimeout(this.#timer);
		this.#watched = new Map();
	}

	#tick(isUrgent: boolean): void {
		clearTimeout(this.#timer);
		if (this.#watched.size === 0) return;
		this.#timer = setTimeout(() => this.#tick(false), this.#options.intervalMs());
		const [now, isPaused] = [this.#options.now(), this.#options.isPaused()];
		const due = [...this.#watched.values()].filter(
			({ cadence, reading }) => isDue(cadence, now) && !(isPaused && reading.kind !== 'pending'),
		);
		this.#ask(due, isUrgent);
	}

	#ask(entries: readonly Entry[], isUrgent: boolean): void {
		const questions = entries.flatMap(({ question, isAsking }) => (isAsking ? [] : [question]));
		if (questions.length === 0) return;
		for (const question of questions)
			this.#change(question, (entry) => ({ ...entry, isAsking: true }));
		void this.#options.reader
			.ask(questions, this.#answers, isUrgent)
			.then((answers) => this.#record(questions, answers));
	}

	#record(questions: readonly Question[], answers: Answers): void {
		const { now, intervalMs } = this.#options;
		for (const question of questions) {
			const reading = answers.get(keyOf(question)) ?? { kind: 'pending' };
			const isWell = reading.kind !== 'failed' && reading.kind !== 'stale';
			this.#change(question, ({ cadence }) => ({
				question,
				reading,
				isAsking: false,
				cadence: isWell
					? afterSuccess(now(), question.everyMs)
					: afterFailure(cadence, now(), intervalMs(), question.everyMs),
			}));
		}
		const others = [...this.#answers].filter(
			([key]) => !this.#watched.has(key) && !answers.has(key),
		);
		const watched = [...this.#answers].filter(([key]) => this.#watched.has(key));
		this.#answers = new Map([...others.slice(-keptAnswers), ...watched, ...answers]);
		for (const listener of this.#listeners) listener();
	}

	#change(question: Question, change: (entry: Entry) => Entry): void {
		const entry = this.#watched.get(keyOf(question));
		if (entry) this.#watched.set(keyOf(question), change(entry));
	}
}
