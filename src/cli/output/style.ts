/** Colours of the vocabulary (`commands.md` §5.1), 24-bit; without colours the text itself. */
export interface Style {
  /** Names and addresses. */
  readonly primary: (text: string) => string;
  /** Keys of JSON. */
  readonly secondary: (text: string) => string;
  readonly success: (text: string) => string;
  readonly failure: (text: string) => string;
  readonly info: (text: string) => string;
  readonly warning: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly strong: (text: string) => string;
  /** Light drawings on a dark ground, whatever colours the terminal has. */
  readonly drawing: (text: string) => string;
  /** Titles of sections. */
  readonly heading: (text: string) => string;
}

/** The styles for a stream that shows colours, or for one that does not. @param light darker colours, for a light ground. */
export function createStyle(colored: boolean, light = false): Style {
  const rgb = (hex: number) => wrap(`38;2;${hex >> 16};${(hex >> 8) & 255};${hex & 255}`, '39');
  const wrap = (on: string, off: string) => (text: string) => (colored ? `\u001b[${on}m${text}\u001b[${off}m` : text);
  return {
    primary: rgb(light ? 0x0b7a62 : 0x4fdab8),
    secondary: rgb(light ? 0x0b6a8a : 0x52c7ea),
    success: rgb(0xa8c97d),
    failure: rgb(0xff0000),
    info: rgb(0x0dcaf0),
    warning: rgb(light ? 0x9a5c00 : 0xff9a00),
    dim: wrap('2', '22'),
    strong: wrap('1', '22'),
    drawing: wrap('97;40', '39;49'),
    heading: wrap('1;4', '22;24'),
  };
}
