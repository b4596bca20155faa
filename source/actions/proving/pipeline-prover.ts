import { hasSqlstate, sqlstates } from '../../errors.ts';
import { formatMs } from '../../lib/format.ts';
import { sanitise } from '../../lib/text.ts';
import type { Answer, Message } from '../../postgres/message.ts';
import type { Session } from '../../postgres/session.ts';
import type { PipelineData } from '../../sampling/panel-data.ts';
import type { Proof } from '../../sampling/proof.ts';
import { rollupsOf } from '../../sampling/rollup.ts';
import type { Snapshot } from '../../sampling/snapshot.ts';
import { decodeEffect } from '../effect.ts';
import { previewRange } from '../effect-sql.ts';
import { dataEndsSql } from '../extent.ts';
import { type Facts, factsQuestion, isPresent, shapeOf } from '../facts.ts';
import type { Pipeline } from '../pipelines.ts';
import type { Shape } from '../shape.ts';
import { type Interval, isoOf } from '../times.ts';
import { restAfter, stepTimeoutMs } from './budget.ts';
import { afterStep, beginRound, type Course, isRoundDue, nextStep, proofOf } from './course.ts';

/** What one step came to; the server worked on it for so long. */
export type StepOutcome =
	| { readonly kind: 'idle' }
	| { readonly kind: 'done'; readonly serverMs: number }
	/** The server cancelled or refused it: the pipeline is left alone for a while. */
	| { readonly kind: 'refused'; readonly serverMs: number };

const idle: StepOutcome = { kind: 'idle' };

/** Verifies one pipeline step by step, each a single bounded statement. */
export class PipelineProver {
	readonly #pipeline: Pipeline;
	#shape: Shape | undefined;
	#course: Course | undefined;
	#halt: string | undefined;
	/** After the server cancelled or refused something; by a clock that only moves forward. */
	#restUntilMs = 0;
	#restMs = 0;
	#proof: Proof | undefined;

	constructor(pipeline: Pipeline) {
		this.#pipeline = pipeline;
	}

	get name(): string {
		return this.#pipeline.name;
	}

	/** The same object until something has changed; undefined: nothing is known yet. */
	proof(): Proof | undefined {
		return this.#proof;
	}

	/**
	 * Does the next thing there is to do.
	 * @param nowMs of a clock that only moves forward
	 * @throws what ended the session
	 */
	async step(session: Session, snapshot: Snapshot, nowMs: number): Promise<StepOutcome> {
		if (nowMs < this.#restUntilMs) return idle;
		const outcome = await this.#step(session, snapshot);
		const isRefused = outcome.kind === 'refused';
		this.#restMs = isRefused ? restAfter(this.#restMs) : 0;
		if (isRefused) this.#restUntilMs = nowMs + this.#restMs;
		const proof = this.#course && proofOf(this.#course, this.#halt);
		if (JSON.stringify(proof) !== JSON.stringify(this.#proof)) this.#proof = proof;
		return outcome;
	}

	async #step(session: Session, snapshot: Snapshot): Promise<StepOutcome> {
		const state = rollupsOf(snapshot).data.find(({ pipeline }) => pipeline === this.name);
		const limitMs = limitOf(state, snapshot.at);
		this.#halt = haltOf(state, limitMs);
		// What was proven up to a watermark that has been set back since is proven no longer.
		if (this.#course && limitMs < this.#course.frontMs) this.#course = undefined;
		if (this.#halt !== undefined) return idle;
		if (this.#shape === undefined) return this.#look(session);
		if (this.#course === undefined || isRoundDue(this.#course, snapshot.at)) {
			return this.#begin(session, this.#shape, limitMs);
		}
		const slice = nextStep(this.#course, limitMs, snapshot.at);
		return slice === undefined
			? idle
			: this.#compare(session, this.#shape, this.#course, slice, limitMs);
	}

	/** What of the pipeline is here, and how its SQL is written. */
	async #look(session: Session): Promise<StepOutcome> {
		const { sql, values } = factsQuestion(this.#pipeline);
		const outcome = await this.#ask(session, { sql, values }, ({ facts: text }) => {
			const facts = JSON.parse(text ?? '') as Facts;
			if (isPresent(facts, this.#pipeline)) this.#shape = shapeOf(facts, this.#pipeline);
			else this.#halt = 'it is not whole here: its function or its queue is missing';
		});
		return this.#shape === undefined ? ({ ...outcome, kind: 'refused' } as StepOutcome) : outcome;
	}

	async #begin(session: Session, shape: Shape, limitMs: number): Promise<StepOutcome> {
		return this.#ask(session, { sql: dataEndsSql(shape) }, ({ low }, atMs) => {
			const { bucketMs: stepMs } = this.#pipeline;
			const marginMs = shape.zone.kind === 'utc' ? 0 : stepMs;
			// Without any data nothing is wrong, and nothing is left to compare.
			const oldestMs = low == null ? limitMs : Number(low) - marginMs;
			this.#course = beginRound(this.#course, { stepMs, oldestMs, limitMs, nowMs: atMs });
		});
	}

	async #compare(
		session: Session,
		shape: Shape,
		course: Course,
		slice: Interval,
		limitMs: number,
	): Promise<StepOutcome> {
		const values = [isoOf(slice.fromMs), isoOf(slice.toMs), ['drift', 'ghost']];
		return this.#ask(session, { sql: previewRange(shape), values }, ({ effect }, atMs) => {
			const { drift, ghost } = decodeEffect([{ effect: JSON.parse(effect ?? '') }]).kinds;
			this.#course = afterStep(course, slice, { drift, ghosts: ghost }, limitMs, atMs);
		});
	}

	/** One statement with one row; what went wrong is why it doesn't go on. */
	async #ask(
		session: Session,
		question: Pick<Message, 'sql' | 'values'>,
		read: (row: Readonly<Record<string, string | null>>, atMs: number) => void,
	): Promise<StepOutcome> {
		const [answer] = await session.run([{ ...question, timeoutMs: stepTimeoutMs }]);
		if (answer?.kind === 'rows' && answer.rows[0] !== undefined) {
			read(answer.rows[0], answer.at);
			return { kind: 'done', serverMs: answer.serverMs };
		}
		this.#halt = reasonOf(answer);
		// The tables or the privileges may be others now.
		this.#shape = undefined;
		return { kind: 'refused', serverMs: answer?.kind === 'error' ? answer.tookMs : 0 };
	}
}

/** Buckets that end before this can be compared for good: the watermark, or a clock it is ahead of. */
const limitOf = (state: PipelineData | undefined, atMs: number): number =>
	Math.min(state?.watermarkAt ?? 0, atMs);

function haltOf(state: PipelineData | undefined, limitMs: number): string | undefined {
	if (state?.watermarkAt === undefined) return 'the watermark is not known';
	if (limitMs <= 0) return 'nothing was ever rolled up';
	return state.lock ? 'waits while somebody holds the lock' : undefined;
}

function reasonOf(answer: Answer | undefined): string {
	if (answer?.kind !== 'error') return 'the server gave no answer';
	return hasSqlstate(answer.error, sqlstates.queryCanceled)
		? `a bucket's time takes over ${formatMs(stepTimeoutMs)} to compare: tidemark verify has longer`
		: sanitise(answer.error, { maxLength: 120 });
}
