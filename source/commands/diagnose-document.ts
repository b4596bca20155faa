import type { Diagnosis, RootFinding } from '../health/diagnosis/diagnose.ts';
import type { Finding } from '../health/diagnosis/finding.ts';

/** The version of the document's shape: goes up when a reader of the old one could break. */
export const diagnosisVersion = 1;

/** The document that `tidemark diagnose --json` prints. */
export function diagnosisDocument(diagnosis: Diagnosis, tidemark: string) {
	const { at, findings, unexplained, facts, gaps, serverMs } = diagnosis;
	return {
		schemaVersion: diagnosisVersion,
		tidemark,
		takenAt: isoTime(at),
		findings: findings.map(rootDocument),
		unexplained: unexplained.map(({ signal, subject, severity, sentence, since }) => ({
			signal,
			subject,
			severity,
			sentence,
			since: isoTime(since),
		})),
		facts,
		gaps,
		evidenceServerMs: serverMs,
	};
}

const rootDocument = (finding: RootFinding) => ({
	...findingDocument(finding),
	explains: {
		findings: finding.folded.map(findingDocument),
		verdicts: finding.verdicts.map(({ signal, subject, severity, sentence }) => ({
			signal,
			subject,
			severity,
			sentence,
		})),
	},
});

const findingDocument = (finding: Finding) => ({
	fault: finding.fault,
	subject: finding.subject,
	severity: finding.severity,
	confidence: finding.confidence,
	sentence: finding.sentence,
	since: isoTime(finding.since),
	evidence: finding.clues,
	next: finding.next.map(({ say, command, sql }) => ({
		say,
		command: command === undefined ? null : `tidemark ${command}`,
		sql: sql ?? null,
	})),
});

/** Null for what is not known, or no date. */
const isoTime = (at: number | undefined): string | null =>
	at === undefined || !Number.isFinite(new Date(at).getTime()) ? null : new Date(at).toISOString();
