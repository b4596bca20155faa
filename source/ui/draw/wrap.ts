import { widthOf } from './span.ts';

/** Text in rows of at most `width` cells, broken between words where that is possible. */
export function wrapWords(text: string, width: number): readonly string[] {
	const rows: string[] = [];
	for (const word of text.split(' ')) {
		const last = rows.at(-1);
		if (last !== undefined && widthOf(last) + 1 + widthOf(word) <= width) {
			rows[rows.length - 1] = `${last} ${word}`;
		} else rows.push(word);
	}
	return rows;
}
