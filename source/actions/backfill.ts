import { formatCount, formatPlural } from '../lib/format.ts';
import { refused } from './action-error.ts';
import { type BackfillPlan, paceOf, whyAbandoning } from './backfill-plan.ts';
import { type Engine, functionEngine } from './engine.ts';
import { readExtent, readWeights, settledSql } from './extent.ts';
import { nextPiece, type Pace, paceAfter, predictMs, type Weights, weightOf } from './pace.ts';
import { type Performed, perform, type Running } from './perform.ts';
import { dayMs, hourMs } from './pipelines.ts';
import type { Receipt } from './receipts.ts';
import { transactionFor } from './replay.ts';
import type { Query } from './session.ts';
import { beforeAllTime } from './shape.ts';
import { type Interval, isoOf, momentText, monthText } from './times.ts';
import { earnEngine } from './trust.ts';
import { type Slice, walkSlices } from './walk.ts';
import type { ActionContext, Workplace } from './workplace.ts';

/**
 * Walks usage from the oldest month to the newest and stamps the watermark. The lock is held for the
 * whole walk, other than when somebody else should go first; each slice is one transaction.
 */
export async function runBackfill(
	context: ActionContext,
	place: Workplace,
	plan: BackfillPlan,
): Promise<Performed> {
	const reason = whyAbandoning(plan);
	if (reason !== undefined) throw refused(reason);
	const { wish } = plan;
	const { pipeline, session } = place;
	const errand = {
		action: 'backfill',
		what: whatOf(plan),
		resume: `backfill --pipeline ${pipeline.name} --resume`,
	} as const;
	return perform(context, place, errand, async (running) => {
		for (const slice of wish.finished) running.note(slice);
		const walker = new Walker(place, plan, running);
		await walkSlices({
			...running.context,
			session,
			pipeline,
			sleepMs: wish.sleepMs,
			transaction: transactionFor(place, wish.statementTimeoutMs),
			prepare: () => walker.prepare(),
			next: () => walker.next(),
			run: (slice, query) => walker.run(slice, query),
			done: (slice, result, tookMs) => walker.done(slice, result.touched, tookMs),
			shrink: (slice) => walker.shrink(slice),
		});
		return walker.summary();
	});
}

function whatOf({ wish, sinceMs, abandoned }: BackfillPlan): Receipt['what'] {
	const { engine, isPartialForced, isByMonth, sleepMs, finished } = wish;
	return {
		engine,
		...(sinceMs !== undefined && { since: monthText(sinceMs) }),
		...(abandoned !== undefined && { abandonedRows: abandoned.rows }),
		...(isPartialForced && { forcePartial: true }),
		...(isByMonth && { byMonth: true }),
		...(sleepMs > 0 && { sleepMs }),
		...(finished.length > 0 && { resumedSlices: finished.length }),
	};
}

/** The last slice, which also stamps. */
type StampSlice = Slice & { readonly isStamp: true };

const isStamp = (slice: Slice): slice is StampSlice => 'isStamp' in slice;

/** What is left to walk, in which pieces, and what has been learnt on the way. */
class Walker {
	readonly #place: Workplace;
	readonly #plan: BackfillPlan;
	readonly #running: Running;
	readonly #stepMs: number;
	#todo: Interval[];
	#weights: Weights;
	#pace: Pace;
	#longestMs = Number.POSITIVE_INFINITY;
	#engine: Engine;
	/** Up to where usage is done once nothing is left to do. */
	#reachedMs: number;
	/** No usage has been seen so far, and so none is old. */
	#isEmpty: boolean;
	#isStamped = false;
	#stampedAt = '';
	#touched = 0;
	#rows = 0;
	#workedMs = 0;

	constructor(place: Workplace, plan: BackfillPlan, running: Running) {
		this.#place = place;
		this.#plan = plan;
		this.#running = running;
		this.#stepMs = place.pipeline.bucketMs < dayMs ? hourMs : dayMs;
		this.#todo = [...plan.todo];
		this.#weights = plan.weights;
		this.#pace = plan.pace;
		this.#engine = functionEngine(place.shape);
		const end = plan.months.at(-1)?.toMs ?? plan.extent.settledMs;
		this.#reachedMs = Math.min(end, plan.extent.settledMs);
		this.#isEmpty = plan.extent.oldestMs === undefined;
	}

	async prepare(): Promise<void> {
		const { todo, wish, months } = this.#plan;
		const total = todo.reduce((sum, span) => sum + weightOf(this.#weights, span), 0);
		this.#running.context.onEvent({ kind: 'planned', rows: Math.round(total) });
		if (months.length > 0) {
			// Usage that changed on a day is mostly of that day's buckets.
			const days = [...this.#weights.keys()].sort((a, b) => a - b);
			const spans = days.map((day) => ({ fromMs: day, toMs: day + dayMs }));
			this.#engine = await earnEngine(this.#place, wish.engine, spans, this.#running.context);
		}
		if (this.#engine.name === this.#plan.engine) return;
		this.#pace = paceOf(this.#running.context, this.#place, wish, this.#engine.name);
	}

	async next(): Promise<Slice | undefined> {
		if (this.#isStamped) return undefined;
		const [span] = this.#todo;
		if (span !== undefined) return this.#sliceOf(this.#pieceOf(span));
		return this.#last();
	}

	/** Everything planned is done; what was written meanwhile goes with the stamp, unless it is much. */
	async #last(): Promise<Slice> {
		const rest = await this.#lookAtRest();
		const piece = this.#pieceOf(rest);
		if (piece.toMs < rest.toMs) {
			this.#todo = [rest];
			this.#reachedMs = rest.toMs;
			return this.#sliceOf(piece);
		}
		return { ...this.#sliceOf(rest), isStamp: true } as StampSlice;
	}

	async #lookAtRest(): Promise<Interval> {
		const { session, shape } = this.#place;
		const { statementTimeoutMs } = this.#plan.wish;
		const look = async (query: Query): Promise<Interval> => {
			const { settledMs, oldestMs } = await readExtent(query, shape);
			// An empty table may have got usage of any age since it was looked at.
			const fromMs = this.#isEmpty ? Math.min(oldestMs ?? settledMs, settledMs) : this.#reachedMs;
			if (oldestMs !== undefined) this.#isEmpty = false;
			const rest = { fromMs, toMs: Math.max(settledMs, fromMs) };
			this.#weights = await readWeights(query, shape, rest.fromMs, rest.toMs);
			return rest;
		};
		const options = { statementTimeoutMs, isReadOnly: true };
		return session.transaction(options, look, this.#running.context.signal);
	}

	#pieceOf(span: Interval): Interval {
		if (this.#plan.wish.isByMonth) return span;
		const { fromMs } = span;
		const toMs = Math.min(span.toMs, fromMs + this.#longestMs);
		return nextPiece({ fromMs, toMs }, this.#weights, this.#pace, this.#stepMs);
	}

	#sliceOf(piece: Interval): Slice {
		const rows = weightOf(this.#weights, piece);
		return { ...piece, rows: Math.round(rows), predictedMs: predictMs(this.#pace, rows) };
	}

	async run(slice: Slice, query: Query): Promise<{ readonly touched: number }> {
		if (isStamp(slice)) return { touched: await this.#stamp(slice, query) };
		const [from, to] = [isoOf(slice.fromMs), isoOf(slice.toMs)];
		return { touched: await this.#engine.window(query, from, to) };
	}

	/** The rest and the stamp in one transaction: up to the very moment that the watermark will say. */
	async #stamp({ fromMs }: Slice, query: Query): Promise<number> {
		const { pipeline } = this.#place;
		const rows = await query<{ at: string }>(`select (${settledSql})::text as at`);
		const at = rows[0]?.at ?? '';
		const from = this.#isEmpty ? beforeAllTime.from : isoOf(fromMs);
		const touched = await this.#engine.window(query, from, at);
		await query(`update ${pipeline.state} set watermark_at = $1 where id = 1`, [at]);
		this.#stampedAt = at;
		return touched;
	}

	done(slice: Slice, touched: number, tookMs: number): void {
		this.#touched += touched;
		this.#rows += slice.rows;
		this.#workedMs += tookMs;
		this.#pace = paceAfter(this.#pace, slice.rows, tookMs);
		const { fromMs, toMs } = slice;
		this.#running.note({ fromMs, toMs, rows: slice.rows, tookMs });
		if (isStamp(slice)) {
			this.#isStamped = true;
			return;
		}
		const [span, ...rest] = this.#todo;
		if (span === undefined) return;
		this.#todo = toMs < span.toMs ? [{ fromMs: toMs, toMs: span.toMs }, ...rest] : rest;
	}

	/** After a timeout: pieces half as long, down to one step, whatever their weight promised. */
	shrink({ fromMs, toMs }: Slice): boolean {
		if (this.#plan.wish.isByMonth || toMs - fromMs <= this.#stepMs) return false;
		this.#longestMs = (toMs - fromMs) / 2;
		return true;
	}

	summary() {
		const at = momentText(Date.parse(isoLike(this.#stampedAt)));
		const rate = this.#workedMs > 0 ? Math.round((this.#rows * 1000) / this.#workedMs) : 0;
		return {
			touched: this.#touched,
			engine: this.#engine.name,
			...(rate > 0 && { rowsPerSecond: rate }),
			note: `${formatPlural(this.#rows, 'usage row')} walked by ${this.#engine.name} engine${rate > 0 ? `, ${formatCount(rate)} a second` : ''}; watermark stamped to ${at} UTC`,
		};
	}
}

/** The server's text of a moment as Date.parse takes it. */
const isoLike = (text: string): string =>
	text
		.replace(' ', 'T')
		.replace(/([+-]\d\d)$/, '$1:00')
		.replace(/\.(\d{3})\d*/, '.$1');
