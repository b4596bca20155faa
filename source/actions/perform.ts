import { sanitise } from '../lib/text.ts';
import { ActionError, refused } from './action-error.ts';
import type { ActionName } from './availability.ts';
import { forgetMadeUpFor, type Ledger, type LedgerSlice, newRunId, openLedger } from './ledger.ts';
import { noProgress, type Progress, progressAfter } from './progress.ts';
import { type Receipt, whoActs, writeReceipt } from './receipts.ts';
import type { Query } from './session.ts';
import type { ActionContext, Workplace } from './workplace.ts';

/** What a run sets out to do. */
export type Errand = {
	readonly action: ActionName;
	readonly what: Receipt['what'];
	/** What to type after `tidemark` to go on after a stop; empty where it has to be begun anew. */
	readonly resume: string;
};

/** What a run has done, for its receipt. */
export type Summary = Pick<Receipt, 'touched' | 'note'> &
	Partial<Pick<Receipt, 'engine' | 'tokens' | 'plan' | 'slices' | 'rowsPerSecond'>>;

/** A run's end. */
export type Performed = {
	readonly receipt: Receipt;
	/** Why the receipt could not be written; the work itself is done all the same. */
	readonly receiptFault?: string;
};

/** What a run may use while it is under way. */
export type Running = {
	/** Notes a committed slice; a ledger that can't be written is told, and stops nothing. */
	note(slice: LedgerSlice): void;
	/** The context, with events that are also counted for the receipt. */
	readonly context: ActionContext;
};

/**
 * Runs `work` between a ledger that says it has begun and a receipt that says how it ended.
 * @throws ActionError; a receipt has then been written too, unless nothing was done
 */
export async function perform(
	context: ActionContext,
	place: Workplace,
	errand: Errand,
	work: (running: Running) => Promise<Summary>,
): Promise<Performed> {
	const id = newRunId();
	const at = new Date();
	const ledger = begin(context, place, errand, id, at);
	let progress = noProgress;
	const counted: ActionContext = {
		...context,
		onEvent(event) {
			progress = progressAfter(progress, event);
			context.onEvent(event);
		},
	};
	const before = await countRows(place);
	const finish = async (outcome: Receipt['outcome'], summary: Summary): Promise<Performed> => {
		const after = place.session.isLost ? null : await countRows(place);
		const receipt: Receipt = {
			id,
			action: errand.action,
			pipeline: place.pipeline.name,
			outcome,
			at: at.toISOString(),
			tookMs: Date.now() - at.getTime(),
			who: whoActs(place.facts.role),
			where: context.target.label,
			what: errand.what,
			rows: { before, after },
			...walked(progress),
			...summary,
		};
		return { receipt, ...record(context, receipt) };
	};
	try {
		const performed = await finish(
			'done',
			await work({ note: noteIn(ledger, counted), context: counted }),
		);
		// Also without a receipt, as is told now: the next start must not say that it was left half-way.
		ledger.forget();
		forgetMadeUpFor(context, place.pipeline.name, errand.action, errand);
		return performed;
	} catch (caught) {
		const error = asActionError(caught, context.signal, errand);
		if (error.outcome !== 'refused') {
			await finish(error.outcome, { touched: progress.touched, note: error.message });
		}
		if (error.outcome === 'refused' || errand.resume === '') ledger.forget();
		throw error;
	}
}

const noteIn =
	(ledger: Ledger, { onEvent }: ActionContext) =>
	(slice: LedgerSlice): void => {
		try {
			ledger.note(slice);
		} catch (error) {
			const text = `the ledger could not be written (${sanitise(error)}): a later run would do this slice again`;
			onEvent({ kind: 'note', text });
		}
	};

function begin(
	{ folder, target }: ActionContext,
	{ pipeline, facts }: Workplace,
	{ action, what, resume }: Errand,
	id: string,
	at: Date,
): Ledger {
	const head = { id, action, pipeline: pipeline.name, identity: facts.identity, what, resume };
	try {
		return openLedger(folder, { ...head, where: target.label, at: at.toISOString() });
	} catch (error) {
		throw refused(
			`Nothing was done, because no receipt could be kept in ${folder}: ${sanitise(error)}.`,
			{ cause: error },
		);
	}
}

const walked = ({ slicesDone, longestSliceMs, longestHoldMs }: Progress) => ({
	...(slicesDone > 0 && { slices: slicesDone, longestSliceMs: Math.round(longestSliceMs) }),
	longestHoldMs: Math.round(longestHoldMs),
});

function record({ folder }: ActionContext, receipt: Receipt): { receiptFault?: string } {
	try {
		writeReceipt(folder, receipt);
		return {};
	} catch (error) {
		return { receiptFault: `the receipt could not be written to ${folder}: ${sanitise(error)}` };
	}
}

const countTimeoutMs = 5000;

/** Rows of the rollup table; null where counting takes too long. */
async function countRows({ session, pipeline }: Workplace): Promise<number | null> {
	const options = { statementTimeoutMs: countTimeoutMs, isReadOnly: true };
	const count = async (query: Query) => {
		const rows = await query<{ n: string }>(`select count(*) as n from ${pipeline.table}`);
		return Number(rows[0]?.n);
	};
	return session.transaction(options, count).catch(() => null);
}

const stoppedSentence =
	'Stopped: the slice in hand was rolled back, what was finished is kept, the lock is free.';

/** In words what became of the run. */
function asActionError(error: unknown, signal: AbortSignal, { resume }: Errand): ActionError {
	const goOn = resume === '' ? undefined : resume;
	if (error instanceof ActionError) {
		if (error.outcome === 'refused' || goOn === undefined) return error;
		return new ActionError(error.outcome, error.message, { cause: error, resume: goOn });
	}
	if (signal.aborted) {
		return new ActionError('stopped', stoppedSentence, { cause: error, resume: goOn });
	}
	const said = sanitise(error).replace(/\.$/, '');
	return new ActionError('failed', `It failed and was rolled back: ${said}.`, {
		cause: error,
		resume: goOn,
	});
}
