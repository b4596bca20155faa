import type { Reading } from '../../sampling/reading.ts';
import { bySeverity, isAlarm, type Verdict } from '../verdict.ts';
import type { DiagnosisInput, FaultCheck } from './check.ts';
import { type Fact, factsOf } from './facts.ts';
import { faultNames } from './fault-names.ts';
import type { Explained, Finding, FindingSeverity } from './finding.ts';
import { checks as allChecks } from './registry.ts';

/** A cause with all that it accounts for. */
export type RootFinding = Finding & {
	/** Findings that this one explains, directly or through others. */
	readonly folded: readonly Finding[];
	/** Verdicts of the monitor that it explains, worst first. */
	readonly verdicts: readonly Verdict[];
};

/** Evidence that could not be had, and why. */
export type Gap = { readonly evidence: string; readonly reason: string };

/** What is wrong and why, at one moment. */
export type Diagnosis = {
	/** Server clock, in ms since the epoch. */
	readonly at: number;
	/** Worst first, causes before consequences. */
	readonly findings: readonly RootFinding[];
	/** Verdicts that no finding explains. */
	readonly unexplained: readonly Verdict[];
	/** How things stand, also where all is well. */
	readonly facts: readonly Fact[];
	readonly gaps: readonly Gap[];
	/** Server time that the evidence cost, in ms. */
	readonly serverMs: number;
	/** It is of a moment of the past, of which no evidence is left: only the samples are. */
	readonly isHindsight?: true;
};

/** Runs every check, folds what another finding explains, and puts the rest in order. */
export function diagnose(
	input: DiagnosisInput,
	checks: readonly FaultCheck[] = allChecks,
): Diagnosis {
	const found = checks.flatMap((check) => check.find(input));
	const roots = fold(found);
	const bad = input.verdicts.filter(isAlarm);
	const findings = roots
		.map(({ root, folded }) => {
			const verdicts = bad.filter((verdict) =>
				[root, ...folded].some((each) => accountsFor(each, verdict)),
			);
			const since = root.since ?? sinceOf(verdicts, input.snapshot.at);
			return { ...root, severity: severityOf(root, folded, verdicts), since, folded, verdicts };
		})
		.sort((a, b) => order(a.severity) - order(b.severity) || placeOf(a) - placeOf(b));
	const explained = new Set(findings.flatMap(({ verdicts }) => verdicts));
	return {
		at: input.snapshot.at,
		findings,
		unexplained: bad
			.filter((verdict) => !explained.has(verdict))
			.toSorted((a, b) => bySeverity(a.severity, b.severity)),
		facts: factsOf(input),
		gaps: [...input.evidence].flatMap(([evidence, reading]) => gapOf(evidence, reading)),
		serverMs: [...input.evidence.values()].reduce((sum, reading) => sum + costOf(reading), 0),
	};
}

/** Since when the first of them has held; a first look sees only that they do. */
function sinceOf(verdicts: readonly Verdict[], at: number): number | undefined {
	const first = Math.min(...verdicts.map(({ since }) => since));
	return first < at ? first : undefined;
}

const placeOf = ({ fault }: Finding): number => faultNames.indexOf(fault);

const order = (severity: FindingSeverity): number => ['critical', 'warn', 'note'].indexOf(severity);

/**
 * A cause is as bad as the worst it leads to, be it a finding or a verdict; what makes things
 * harmless stays a note.
 */
function severityOf(
	root: Finding,
	folded: readonly Finding[],
	verdicts: readonly Verdict[],
): FindingSeverity {
	if (root.severity === 'note') return 'note';
	const isCritical = [root, ...folded, ...verdicts].some(({ severity }) => severity === 'critical');
	return isCritical ? 'critical' : 'warn';
}

const matches = (explained: Explained, name: string, subject: string): boolean =>
	('fault' in explained ? explained.fault : explained.signal) === name &&
	(explained.subject === undefined || explained.subject === subject);

const accountsFor = (finding: Finding, { signal, subject }: Verdict): boolean =>
	finding.explains.some((each) => 'signal' in each && matches(each, signal, subject));

/** Whether one cause leads to all of an effect; a part of it is not enough to fold it away. */
const leadsTo = (cause: Finding, effect: Finding): boolean =>
	(effect.about ?? [effect.subject]).every((subject) =>
		cause.explains.some((each) => 'fault' in each && matches(each, effect.fault, subject)),
	);

type Folded = { readonly root: Finding; readonly folded: readonly Finding[] };

/** Puts each finding below the first cause of it; two that explain each other stay apart. */
function fold(found: readonly Finding[]): readonly Folded[] {
	const parents = new Map<Finding, Finding>();
	const rootOf = (finding: Finding): Finding => {
		const parent = parents.get(finding);
		return parent === undefined ? finding : rootOf(parent);
	};
	const inOrder = found.toSorted((a, b) => placeOf(a) - placeOf(b));
	for (const effect of inOrder) {
		const cause = inOrder.find(
			(each) => each !== effect && leadsTo(each, effect) && rootOf(each) !== effect,
		);
		if (cause) parents.set(effect, cause);
	}
	return inOrder
		.filter((each) => !parents.has(each))
		.map((root) => ({
			root,
			folded: inOrder.filter((each) => each !== root && rootOf(each) === root),
		}));
}

/** What simply isn't in this database leaves no gap. */
function gapOf(evidence: string, reading: Reading): readonly Gap[] {
	if (reading.kind === 'failed') {
		// Of a sampler; evidence is asked when somebody wants it, and always anew.
		const reason = reading.failure.sentence.replace(/; it is asked less often now$/, '');
		return [{ evidence, reason }];
	}
	if (reading.kind !== 'unavailable') return [];
	// The product's own daily pipeline: nothing compares its buckets with raw usage, and all else is said to be well.
	if (evidence === 'rollup/drift-daily' && /has no column .*time_zone/.test(reading.reason)) {
		const reason =
			'whose days the daily buckets are is on no record here: tidemark verify compares them';
		return [{ evidence, reason }];
	}
	const isGap = !reading.reason.startsWith('not in this database');
	return isGap ? [{ evidence, reason: reading.reason }] : [];
}

const costOf = (reading: Reading): number => ('cost' in reading ? reading.cost.serverMs : 0);
