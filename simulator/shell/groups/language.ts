/** `:language` */
import { done, group, lines, optional, showCommand, TEXT, YES_NO } from '../definition.ts';
import { settingsCommand } from './settings.ts';

export const language = group('language', [
  settingsCommand('config', 'Shows or changes the language of the pages.', (box) => box.state.language, [
    optional('language', TEXT),
    optional('complete', YES_NO),
  ]),
  showCommand('list', 'Shows the languages.', (box) =>
    done(lines(box.state.language.get('language') ?? 'en')),
  ),
]);
