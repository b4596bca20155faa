import type { History } from '../sampling/history/history.ts';
import { type Assessment, assess } from './assess.ts';
import type { Report } from './monitor.ts';
import type { SignalName, Threshold } from './thresholds.ts';

/**
 * The reports of the past, as they were. A verdict depends on all snapshots before its own, so what
 * those had led to is noted at each block of the history, and the block is judged again from there.
 */
export class Past {
	readonly #history: History;
	readonly #thresholds: Readonly<Record<SignalName, Threshold>>;
	/** By the number of the snapshot that they come before, oldest first. */
	readonly #notes = new Map<number, Assessment>();
	#known: { readonly firstSeq: number; readonly reports: readonly Report[] } | undefined;

	constructor(history: History, thresholds: Readonly<Record<SignalName, Threshold>>) {
		this.#history = history;
		this.#thresholds = thresholds;
	}

	/** Notes what the snapshots before this one have led to, where it begins a block. */
	note(seq: number, before: Assessment): void {
		if (!this.#history.isBlockStart(seq)) return;
		this.#notes.set(seq, before);
		for (const noted of this.#notes.keys()) {
			if (noted >= this.#history.oldestSeq) break;
			this.#notes.delete(noted);
		}
	}

	/** The report of a snapshot; undefined where it is no longer kept. */
	reportAt(seq: number): Report | undefined {
		const snapshots = this.#history.upTo(seq);
		const [first] = snapshots;
		const note = first && this.#notes.get(first.seq);
		if (!note) return undefined;
		const known = this.#known?.firstSeq === first.seq ? this.#known.reports : [];
		if (known.length < snapshots.length) {
			this.#known = { firstSeq: first.seq, reports: this.#judge(note, snapshots) };
		}
		return this.#known?.reports[snapshots.length - 1];
	}

	#judge(note: Assessment, snapshots: ReturnType<History['upTo']>): readonly Report[] {
		let assessment = note;
		return snapshots.map((snapshot) => {
			assessment = assess(assessment, snapshot, this.#thresholds);
			const { verdicts, events } = assessment;
			return { snapshot, verdicts, events };
		});
	}
}
