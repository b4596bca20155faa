import { useEffect, useMemo, useSyncExternalStore } from 'react';
import { type Answers, keyOf, type Question } from '../../sampling/question.ts';
import { useConsole } from '../console-context.ts';

/** Asks for as long as the questions are the same; renders again with each newer answer. */
export function useAnswers(questionsFor: (answers: Answers) => readonly Question[]): Answers {
	const { reader } = useConsole();
	const answers = useSyncExternalStore(
		(listener) => reader.subscribe(listener),
		() => reader.state(),
	);
	const questions = questionsFor(answers);
	const key = questions.map(keyOf).join('\n');
	// biome-ignore lint/correctness/useExhaustiveDependencies: questions that ask the same are the same
	const asked = useMemo(() => questions, [key]);
	useEffect(() => reader.watch(asked), [reader, asked]);
	useEffect(() => () => reader.watch([]), [reader]);
	return answers;
}
