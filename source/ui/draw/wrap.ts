import { displayWidth } from '../../lib/text.ts';

/** Text in rows of at most `width` cells, broken between words where that is possible. */
export function wrapWords(text: string, width: number): readonly string[] {
	const rows: string[] = [];
	for (const word of text.split(' ')) {
		const last = rows.at(-1);
		if (last !== undefined && displayWidth(last) + 1 + displayWidth(word) <= width) {
			rows[rows.length - 1] = `${last} ${word}`;
		} else rows.push(word);
	}
	return rows;
}
