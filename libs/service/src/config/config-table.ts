import { SETTING_NAMES, settingNotes, settingsSchema } from './settings.js';

/** The settings as a markdown table: what the README shows between `<!-- config:begin -->` and `<!-- config:end -->`. */
export function configTable(): string {
  const rows = SETTING_NAMES.map((name) => {
    const note = settingNotes.get(settingsSchema.shape[name]);
    if (note === undefined) throw new TypeError(`setting ${name} has no note`);
    return `| \`${name}\` | ${cell(note.default)} | ${cell(note.unit)} | ${cell(note.consequence)} |`;
  });
  return ['| Name | Default | Unit | What it decides |', '|---|---|---|---|', ...rows].join('\n');
}

function cell(text: string): string {
  return text === '' ? '–' : text.replaceAll('|', '\\|');
}
