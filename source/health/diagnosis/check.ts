import type { Readings } from '../../sampling/ask.ts';
import type { Snapshot } from '../../sampling/snapshot.ts';
import type { SignalName, Threshold } from '../thresholds.ts';
import type { Verdict } from '../verdict.ts';
import type { FaultName } from './fault-names.ts';
import type { Finding } from './finding.ts';

/** All that a check may look at. */
export type DiagnosisInput = {
	readonly snapshot: Snapshot;
	/** Oldest first, the snapshot itself included. */
	readonly history: readonly Snapshot[];
	readonly verdicts: readonly Verdict[];
	/** What the queries of `sql/evidence` brought, by `pack/name`. */
	readonly evidence: Readings;
	readonly thresholds: Readonly<Record<SignalName, Threshold>>;
	/** Between two refreshes, in ms. */
	readonly intervalMs: number;
};

/**
 * One fault: what the runbook says of it, and how it is recognised. A check is a pure function of
 * its input and knows of no other check; what it doesn't know it doesn't find.
 */
export type FaultCheck = {
	readonly fault: FaultName;
	/** Heading in the runbook. */
	readonly title: string;
	/** What people see. */
	readonly symptom: string;
	readonly cause: string;
	/** Where it shows, for who looks without tidemark. */
	readonly shows: string;
	readonly fix: string;
	/** The fault of `tidemark demo --fault` that shows it, where one does. */
	readonly demo?: string;
	/** Evidence it reads, by id; each must be in `sql/evidence`. */
	readonly asks: readonly string[];
	find(input: DiagnosisInput): readonly Finding[];
};
