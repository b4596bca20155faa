import type { SignalName } from '../thresholds.ts';
import type { Severity } from '../verdict.ts';
import type { FaultName } from './fault-names.ts';

/** How bad; a `note` explains what somebody may wonder about, and is no alarm. */
export type FindingSeverity = 'note' | Extract<Severity, 'warn' | 'critical'>;

/** How sure: the rows leave no other reading; hardly another; there may be others. */
export type Confidence = 'certain' | 'likely' | 'possible';

/** One piece of evidence: a value, a pid, a time. Sanitised. */
export type Clue = { readonly label: string; readonly value: string };

/** What to do next: in words, and where it can be run or copied, how. */
export type NextStep = {
	/** An imperative sentence. */
	readonly say: string;
	/** What to type after `tidemark`, offered where the program has that command. */
	readonly command?: string;
	/** A statement to copy; with a `command`, it stands in where that doesn't exist. */
	readonly sql?: string;
};

/** What a finding accounts for; without a subject, all of that name. */
export type Explained =
	| { readonly signal: SignalName; readonly subject?: string }
	| { readonly fault: FaultName; readonly subject?: string };

/** A cause that was found. */
export type Finding = {
	readonly fault: FaultName;
	/** What it is about, such as a pipeline; empty where there is only one, or more than one. */
	readonly subject: string;
	/** What it is about where that is more than one. */
	readonly about?: readonly string[];
	readonly severity: FindingSeverity;
	readonly confidence: Confidence;
	/** One sentence that a tired person understands. */
	readonly sentence: string;
	readonly clues: readonly Clue[];
	/** Server clock in ms since the epoch; undefined: no evidence tells, at most the verdicts that it explains. */
	readonly since: number | undefined;
	readonly explains: readonly Explained[];
	readonly next: readonly NextStep[];
};

/** A clue, or none where the value is not known. */
export const clue = (label: string, value: string | undefined): readonly Clue[] =>
	value === undefined || value === '' ? [] : [{ label, value }];
