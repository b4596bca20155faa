import type { Sampler } from '../catalog/sampler.ts';
import type { Choice } from '../catalog/select.ts';
import { decodeRows } from '../postgres/decode.ts';
import type { Answer } from '../postgres/session.ts';
import { afterFailure, afterSuccess, type Cadence, fresh, isDue, slowEveryMs } from './cadence.ts';
import { failureOf } from './failure.ts';
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

type Entry = { readonly choice: Choice; readonly reading: Reading; readonly cadence: Cadence };

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
		return [...this.#entries.values()]
			.filter(
				({ choice, cadence }) =>
					choice.kind === 'run' &&
					(choice.sampler.everyMs ?? 0) >= slowEveryMs === isSlow &&
					isDue(cadence, now),
			)
			.map(({ choice }) => choice.sampler);
	}

	timeoutMs(sampler: Sampler): number {
		return sampler.timeoutMs ?? this.#options.statementTimeoutMs;
	}

	/** The cadence of its own that a sampler's chosen variant has, in ms. */
	everyMs(id: string): number | undefined {
		return this.#entries.get(id)?.choice.sampler.everyMs;
	}

	/** Enters an answer and says what became of it. */
	record(sampler: Sampler, answer: Answer, now: number): SampleOutcome {
		const entry = this.#entries.get(sampler.id);
		const result = this.#read(sampler, answer, entry?.reading ?? { kind: 'pending' });
		// The plan may have changed while the question was under way; then the answer is old news.
		if (entry?.choice.kind === 'run' && entry.choice.sampler === sampler) {
			this.#entries.set(sampler.id, {
				...entry,
				...('failure' in result
					? { reading: failed(entry.reading, result.failure), cadence: this.#later(entry, now) }
					: { reading: result.reading, cadence: afterSuccess(now, sampler.everyMs) }),
			});
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

	#read(
		sampler: Sampler,
		answer: Answer,
		previous: Reading,
	): { reading: Reading } | { failure: SamplerFailure } {
		if (answer.kind === 'error') {
			return { failure: failureOf(sampler, this.timeoutMs(sampler), answer.error) };
		}
		if (answer.rows.length > sampler.maxRows) {
			const sentence = `${sampler.file} returned more than its max-rows of ${sampler.maxRows}`;
			return { failure: { sentence } };
		}
		const rows = decodeRows(sampler.columns, answer.rows, answer.fieldNames);
		if ('reason' in rows) return { failure: { sentence: `${sampler.file}: ${rows.reason}` } };
		return { reading: succeeded(previous, rows, answer.at, { serverMs: answer.serverMs }) };
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

	#later({ cadence, choice }: Entry, now: number): Cadence {
		return afterFailure(cadence, now, this.#options.intervalMs(), choice.sampler.everyMs);
	}
}

const unread = (choice: Choice): { reading: Reading; cadence: Cadence } => ({
	reading:
		choice.kind === 'run' ? { kind: 'pending' } : { kind: 'unavailable', reason: choice.reason },
	cadence: fresh,
});
