// Rules of html-validate for the pages of the product: those of HTML itself, of accessibility and of whole documents.
// tests/journeys/test_markup.py runs it. A rule that is off has its reason beside it.
export default {
  root: true,
  extends: ["html-validate:standard", "html-validate:a11y", "html-validate:document"],
  rules: {
    // Every file comes from this server.
    "require-sri": "off",
    // A button without a type submits its form, which is meant wherever one stands.
    "no-implicit-button-type": "off",
    // Parts of pages are one element with a role from their caller; rows of dots are no native bars of progress.
    "prefer-native-element": "off",
    // A script fills empty headings and dialogs before they are shown.
    "empty-heading": "off",
    "no-missing-references": "off",
    // A pile of cards holds a heading for each card and shows one; a hint may stand before it.
    "heading-level": ["error", { allowMultipleH1: true, minInitialRank: "any" }],
    // The same tabs stand twice, for wide and for narrow windows, and the style sheet shows one.
    "unique-landmark": "off",
    // aria-labelledby names groups of buttons by the title of their idea.
    "wcag/h71": "off",
    // The buttons of a ballot stand outside of the form that they send.
    "wcag/h32": "off",
  },
};
