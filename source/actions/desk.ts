import { sanitise } from '../lib/text.ts';
import { ActionError } from './action-error.ts';
import { type ActionName, actionNames, whyNot } from './availability.ts';
import { createControl } from './control.ts';
import { receiptLines, verifyLines } from './describe.ts';
import {
	afterEvent,
	asking,
	chooseAgain,
	type DeskItem,
	type DeskState,
	emptyDesk,
	pressAtDesk,
	running,
	select,
} from './desk-state.ts';
import { isPresent, readFacts } from './facts.ts';
import { forgetMadeUpFor, leftBehindSentence, leftToTell } from './ledger.ts';
import { pipelineNames, pipelines } from './pipelines.ts';
import { ActionSession } from './session.ts';
import { lastMs, spanAt } from './specs/span.ts';
import type { ActionSpec } from './specs/spec.ts';
import { specFor } from './specs/spec-for.ts';
import { verifySpan, wrongIn } from './verify.ts';
import { type ActionContext, atPipeline, type Workplace } from './workplace.ts';

/** What the desk acts on, and as whom. */
export type DeskOptions = Pick<ActionContext, 'target' | 'where' | 'folder' | 'policy'>;

/** An action that was looked at and is asked about. */
type Considered = {
	readonly item: DeskItem;
	readonly spec: ActionSpec<unknown>;
	readonly place: Workplace;
	readonly plan: unknown;
};

/**
 * The console's way to act: one action at a time, each on connections that are opened for it and gone
 * afterwards. What it shows is its state; what it is told are keys.
 */
export class ActionDesk {
	readonly #options: DeskOptions;
	readonly #listeners = new Set<() => void>();
	#state: DeskState = emptyDesk;
	#considered: Considered | undefined;
	#control = createControl();
	#stop = new AbortController();
	/** What is under way, which `stop` waits for. */
	#work: Promise<void> = Promise.resolve();

	constructor(options: DeskOptions) {
		this.#options = options;
	}

	state = (): DeskState => this.#state;

	subscribe = (listener: () => void): (() => void) => {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	};

	/** Asks what can be had, unless an action is under way; selects what a command line names. */
	open(command: string | undefined): void {
		const { kind } = this.#state.phase;
		if (kind === 'planning' || kind === 'asking' || kind === 'running') return;
		this.#begin(async (signal) => {
			this.#set({ ...this.#state, phase: { kind: 'opening' } });
			const items = await this.#look(signal);
			const notes = leftToTell(this.#options).map(leftBehindSentence);
			const listed = { ...this.#state, items, leftBehind: notes };
			const chosen = command === undefined ? listed : select(listed, command);
			this.#set(
				chooseAgain({ ...chosen, selected: Math.min(chosen.selected, items.length - 1) }, ''),
			);
		});
	}

	/** A key, at a moment of a clock that only moves forward. */
	press(key: string, nowMs: number): void {
		const { state, command } = pressAtDesk(this.#state, key, nowMs);
		this.#set(state);
		if (command?.kind === 'plan') this.#choose(command.item);
		if (command?.kind === 'run') this.#carryOut();
		if (command?.kind === 'pause') this.#control.setPaused(command.isPaused);
		if (command?.kind === 'stop') this.#stop.abort();
	}

	/** Stops what runs and waits until the server has rolled it back. @returns how to go on, if there is something */
	async end(): Promise<string | undefined> {
		const wasRunning = this.#state.phase.kind === 'running';
		this.#stop.abort();
		await this.#work;
		const { phase } = this.#state;
		return wasRunning && phase.kind === 'ended' ? phase.lines.join('\n') : undefined;
	}

	#set(state: DeskState): void {
		this.#state = state;
		for (const listener of this.#listeners) listener();
	}

	/** Work that ends at the desk, however it ends. */
	#begin(work: (signal: AbortSignal) => Promise<void>): void {
		this.#stop = new AbortController();
		const { signal } = this.#stop;
		this.#work = work(signal).catch((error: unknown) => {
			const lines =
				signal.aborted && !(error instanceof ActionError) ? ['Stopped.'] : linesOf(error);
			const { phase } = this.#state;
			const title = 'title' in phase ? phase.title : 'Actions';
			this.#set({ ...this.#state, phase: { kind: 'ended', title, lines, isWell: false } });
		});
	}

	async #look(signal: AbortSignal): Promise<readonly DeskItem[]> {
		const session = await ActionSession.open(this.#options.target, signal);
		try {
			const items: DeskItem[] = [];
			for (const pipeline of pipelineNames) {
				const facts = await readFacts(session.query, pipelines[pipeline]);
				if (!isPresent(facts, pipelines[pipeline])) continue;
				for (const action of actionNames) {
					const reason = whyNot(action, facts, pipelines[pipeline], this.#options.policy);
					items.push({ action, pipeline, reason });
				}
			}
			return items;
		} finally {
			await session.close();
		}
	}

	#contextFor(signal: AbortSignal, waitMs: number): ActionContext {
		return {
			...this.#options,
			waitMs,
			control: this.#control,
			signal,
			onEvent: (event) => this.#set(afterEvent(this.#state, event)),
		};
	}

	#choose(item: DeskItem): void {
		const { action } = item;
		if (action === 'verify') this.#verify(item);
		else this.#consider(item, action);
	}

	/** Plans on a connection that is closed before anybody is asked. */
	#consider(item: DeskItem, action: Exclude<ActionName, 'verify'>): void {
		const { pipeline } = item;
		const spec = specFor(action, this.#state);
		const title = spec.title({ pipeline: pipelines[pipeline] });
		this.#begin(async (signal) => {
			this.#set({ ...this.#state, phase: { kind: 'planning', title, isStopping: false } });
			const context = this.#contextFor(signal, spec.waitMs);
			await atPipeline(context, action, pipeline, async (place) => {
				const plan = await spec.plan(place, context);
				signal.throwIfAborted();
				const lines = spec.lines(place, plan);
				const reason = spec.refuse?.(place, plan) ?? spec.idle?.(plan);
				if (reason !== undefined) {
					const what = spec.asked?.(plan);
					if (what) forgetMadeUpFor(this.#options, pipeline, action, { what });
					const isWell = spec.refuse?.(place, plan) === undefined;
					this.#set({
						...this.#state,
						phase: { kind: 'ended', title, lines: [...lines, '', reason], isWell },
					});
					return;
				}
				this.#considered = { item, spec, place, plan };
				const rung = spec.rung(this.#options.where, plan);
				this.#set(asking(this.#state, { title, lines, rung }, performance.now()));
			});
		});
	}

	#carryOut(): void {
		const considered = this.#considered;
		this.#considered = undefined;
		if (considered === undefined) return;
		const { item, spec, plan } = considered;
		const title = spec.title({ pipeline: pipelines[item.pipeline] });
		this.#control = createControl();
		this.#begin(async (signal) => {
			this.#set(running(this.#state, title));
			const context = this.#contextFor(signal, spec.waitMs);
			const performed = await atPipeline(context, item.action, item.pipeline, (place) =>
				spec.run(context, place, plan),
			);
			const lines = receiptLines(performed, this.#options.folder);
			const isWell = spec.isWell?.(performed) !== false && performed.receiptFault === undefined;
			this.#set({ ...this.#state, phase: { kind: 'ended', title, lines, isWell } });
		});
	}

	/** Only looks, and so asks nobody. */
	#verify({ pipeline }: DeskItem): void {
		const title = `Verify ${pipeline}`;
		const { spanMs } = this.#state;
		this.#begin(async (signal) => {
			this.#set(running(this.#state, title));
			const context = this.#contextFor(signal, 0);
			await atPipeline(context, 'verify', pipeline, async (place) => {
				const span = await spanAt(place, lastMs(spanMs), signal);
				const onSlice = (slice: { fromMs: number; toMs: number }, tookMs: number, rows: number) =>
					context.onEvent({ kind: 'slice-done', slice, rows, touched: 0, tookMs });
				const verification = await verifySpan(place.session, place.shape, span, {
					signal,
					onSlice: (slice, effect, tookMs) => onSlice(slice, tookMs, effect.buckets),
				});
				const lines = verifyLines(verification);
				const isWell = wrongIn(verification.effect) === 0;
				this.#set({ ...this.#state, phase: { kind: 'ended', title, lines, isWell } });
			});
		});
	}
}

/** What went wrong, and how to go on. */
function linesOf(error: unknown): readonly string[] {
	const lines = sanitise(error, { maxLength: 2000 }).split('\n');
	const resume = error instanceof ActionError ? error.resume : undefined;
	return resume === undefined ? lines : [...lines, `To go on: tidemark ${resume}`];
}
