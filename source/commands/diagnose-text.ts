import type { DiagnosisLine } from '../health/diagnosis/describe.ts';
import { displayWidth, padEnd } from '../lib/text.ts';

const words: Readonly<Record<NonNullable<DiagnosisLine['severity']>, string>> = {
	critical: 'CRITICAL',
	warn: 'WARNING',
	note: 'NOTE',
	unknown: 'UNKNOWN',
	ok: 'OK',
};

const wordWidth = 10;
const labelWidth = 26;
/** A narrower column of words would be no text any more. */
const leastRoom = 14;

/**
 * A diagnosis as plain text. Sentences and details are wrapped into `columns`, where given; what is
 * meant to be copied never is.
 */
export function diagnosisText(lines: readonly DiagnosisLine[], columns?: number): string {
	const blocks = lines.flatMap((line, index) => {
		const isNew = line.role === 'sentence' || line.role === 'heading';
		return [...(isNew && index > 0 ? [''] : []), ...textOf(line, columns)];
	});
	return `${blocks.join('\n')}\n`;
}

function textOf(
	{ role, severity, label, text }: DiagnosisLine,
	columns?: number,
): readonly string[] {
	switch (role) {
		case 'heading':
			return [text];
		case 'copy':
			return [`${' '.repeat(wordWidth)}  ${text}`];
		case 'sentence':
			return hanging(padEnd(words[severity ?? 'ok'], wordWidth), text, columns);
		case 'detail': {
			const head = `${' '.repeat(wordWidth)}${label}`;
			return hanging(`${padEnd(head, wordWidth + labelWidth - 2)}  `, text, columns);
		}
	}
}

/** The text after `head`, and further lines below its beginning. */
function hanging(head: string, text: string, columns: number | undefined): readonly string[] {
	const room = columns === undefined ? Number.POSITIVE_INFINITY : columns - displayWidth(head);
	const lines: string[] = [];
	let line = '';
	for (const word of text.split(' ')) {
		const longer = line === '' ? word : `${line} ${word}`;
		if (line !== '' && displayWidth(longer) > Math.max(room, leastRoom)) {
			lines.push(line);
			line = word;
		} else line = longer;
	}
	lines.push(line);
	const indent = ' '.repeat(displayWidth(head));
	return lines.map((each, index) => `${index === 0 ? head : indent}${each}`);
}
