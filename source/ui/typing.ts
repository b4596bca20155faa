/** A line of text that may be typed into. */
export type Typing = { readonly query: string; readonly isTyping: boolean };

/** The text after a key: enter keeps it, esc forgets it, anything that is no character does nothing. */
export function typed<Field extends Typing>(field: Field, key: string): Field {
	if (key === 'return') return { ...field, isTyping: false };
	if (key === 'escape') return { ...field, query: '', isTyping: false };
	if (key === 'backspace') return { ...field, query: field.query.slice(0, -1) };
	const character = key === 'space' ? ' ' : key;
	return character.length === 1 ? { ...field, query: field.query + character } : field;
}
