/**
 * How well a text answers to letters typed in their order, such as `tq` to `Tasks: queued`: more is
 * better; undefined where a letter is missing, or they are strewn. Letters at the start of a word, and side by side, count.
 */
export function fuzzyScore(query: string, text: string): number | undefined {
	const wanted = query.toLowerCase().replace(/\s+/g, '');
	const lower = text.toLowerCase();
	const whole = lower.indexOf(query.toLowerCase().trim());
	if (whole >= 0) return 1000 - whole + (isWordStart(lower, whole) ? 500 : 0);
	let score = 0;
	let before = -1;
	for (const letter of wanted) {
		const at = bestAt(lower, letter, before + 1);
		if (at < 0) return undefined;
		score += (at === before + 1 ? 6 : 0) + (isWordStart(lower, at) ? 8 : 0) - (at - before) / 10;
		before = at;
	}
	// Letters that are strewn over a sentence are in nearly every one.
	return score >= leastPerLetter * wanted.length ? score : undefined;
}

const leastPerLetter = 4;

/** The next start of a word with the letter, where that is near, else the next place it stands at. */
function bestAt(text: string, letter: string, from: number): number {
	const next = text.indexOf(letter, from);
	if (next < 0 || next === from || isWordStart(text, next)) return next;
	for (let at = next; at >= 0 && at - next < 24; at = text.indexOf(letter, at + 1)) {
		if (isWordStart(text, at)) return at;
	}
	return next;
}

const isWordStart = (text: string, at: number): boolean =>
	at === 0 || !/[a-z0-9]/.test(text[at - 1] ?? '');
