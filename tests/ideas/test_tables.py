"""Reading files of ideas: what other programs export, what hostile people send, and what is left out."""

import io
import zipfile

import pytest

from ideas.errors import TableRefused
from ideas.tables import BYTES_MAX, IDEAS_MAX, LINES, FoundIdea, LeftOut, ReadColumns, TableChoice, read_ideas
from tests.conversations import DATA

FILES = DATA / "idea-files"


def read(content, title_max=200, *, with_text=True, **chosen):
    data = content.encode() if isinstance(content, str) else content
    return read_ideas(data, TableChoice(**chosen), title_max, with_text)


def ideas_in(content, **options):
    return [(idea.title, idea.text, idea.author) for idea in read(content, **options).ideas]


def refusal(content, **options):
    with pytest.raises(TableRefused) as refused:
        read(content, **options)
    return refused.value.reason, refused.value.line


class TestFilesOfOtherPrograms:
    def test_a_form(self):
        assert ideas_in((FILES / "form-answers.csv").read_bytes()) == [
            (
                "Trinkwasser in jeder Etage",
                "Der Weg nach unten ist weit.\nAm Nachmittag ist die Schlange lang.",
                "Kim",
            ),
            ("Leise Stunde von 9 bis 10", 'Ein "Bitte nicht stören" für alle, auch für Chefs', ""),
        ]

    def test_a_platform_with_html_and_semicolons(self):
        reading = read((FILES / "proposals-semicolon.csv").read_bytes())

        assert (reading.separator, reading.other) == (";", {"tags": [1]})
        assert [(idea.title, idea.text) for idea in reading.ideas] == [
            ("Mehr Bäume am Markt", "Drei Linden, mit Bänken."),
            ("Tempo 30; auch nachts", "Vor der Schule.\n\n- Schild\n- Messung"),
        ]

    def test_sticky_notes(self):
        assert ideas_in((FILES / "sticky-notes.csv").read_bytes()) == [
            ("Kaffee für alle", "", "Gast 3"),
            ("Pflanzen", "", "Gast 9"),
        ]

    def test_a_workbook_with_a_title_that_looks_like_a_formula(self):
        assert ideas_in((FILES / "questions-export.xlsx").read_bytes()) == [
            ("Wie wird das Dach begrünt?", "", "Anonym"),
            ("=Ist das bezahlt?", "", "Robin"),
        ]

    def test_columns_out_of_a_spreadsheet(self):
        assert ideas_in((FILES / "list-two-columns.tsv").read_bytes()) == [
            ("Fahrradständer", "Vor dem Haupteingang", ""),
            ("Regenfass", "Am Fallrohr hinten", ""),
            ("Leseecke", "", ""),
        ]
        assert [title for title, *_ in ideas_in((FILES / "list-cell-with-line-break.tsv").read_bytes())] == [
            "Regenfass",
            "Sonnensegel im Hof über den Tischen",
            "Leseecke",
        ]

    def test_a_list_with_one_idea_per_line(self):
        assert ideas_in('Bänke, Bäume\nLicht | überall\n\n"Ruhe" bitte; danke\n') == [
            ("Bänke, Bäume", "", ""),
            ("Licht", "überall", ""),
            ('"Ruhe" bitte; danke', "", ""),
        ]


class TestEncodings:
    TABLE = "Titel;Text\r\nGrünfläche;Büsche\r\n"

    @pytest.mark.parametrize(
        ("codec", "encoding", "is_certain"),
        [
            ("utf-8", "utf-8", True),
            ("utf-8-sig", "utf-8", True),
            ("utf-16", "utf-16", True),
            ("utf-16-le", "utf-16", False),
            ("utf-16-be", "utf-16", False),
            ("windows-1252", "windows-1252", False),
        ],
    )
    def test_the_encoding_is_found_and_a_guess_is_marked(self, codec, encoding, is_certain):
        reading = read(self.TABLE.encode(codec))

        assert (reading.encoding, reading.is_certain) == (encoding, is_certain)
        assert [(idea.title, idea.text) for idea in reading.ideas] == [("Grünfläche", "Büsche")]

    def test_a_person_may_choose_another_encoding(self):
        assert ideas_in("Titel;Text\nBüro;€\n".encode(), encoding="windows-1252") == [("BÃ¼ro", "â‚¬", "")]
        assert refusal("Büro".encode("windows-1252"), encoding="utf-8") == ("bytes", 1)


class TestColumns:
    TABLE = "a,b,c\nOne,Two,Three\n"

    def test_a_person_chooses_the_columns_and_the_heading(self):
        assert ideas_in(self.TABLE, title=2, text=0, author=1, has_heading=True) == [("Three", "One", "Two")]
        assert [title for title, *_ in ideas_in(self.TABLE, title=1, text=-1, has_heading=False)] == ["b", "Two"]

    def test_a_person_chooses_the_separator(self):
        assert ideas_in(self.TABLE, separator=LINES, has_heading=False)[1] == ("One,Two,Three", "", "")

    def test_a_row_with_a_sign_too_many_does_not_change_the_separator(self):
        reading = read("Titel;Beschreibung, kurz;Autor\nBänke, viele;Im Park, im Hof;Kim\nBäume;Ja; bitte;Ana\n")

        assert reading.separator == ";"
        assert [idea.title for idea in reading.ideas] == ["Bänke, viele", "Bäume"]

    def test_a_column_that_does_not_exist_is_left_out(self):
        assert read(self.TABLE, title=99, text=7).columns == ReadColumns(0, -1, -1)

    def test_a_text_without_a_title_begins_with_it(self):
        assert ideas_in("Titel,Text\n,Mehr Licht\n") == [("Mehr Licht", "", "")]
        assert ideas_in('Titel,Text\n,"Mehr\nLicht"\n') == [("Mehr Licht", "Mehr\nLicht", "")]

    def test_a_long_title_stands_in_the_text(self):
        reading = read("Titel,Text\nA rather long title here,Why\n", title_max=12)

        assert [(idea.title, idea.text) for idea in reading.ideas] == [("A rather…", "A rather long title here\n\nWhy")]
        assert reading.at_length == 1

    def test_names_have_no_texts(self):
        reading = read("Titel,Text\nRye,dark\nA rather long title here,\n", title_max=12, with_text=False)

        assert reading.ideas == [FoundIdea(2, "Rye")]
        assert reading.left_out == [LeftOut(3, "too_long")]


class TestWhatStandsAboveTheHeadings:
    """Titles, notes and the line that tells Excel the separator."""

    @pytest.mark.parametrize("told", ["sep=;\r\n", "SEP=;;\n", '"sep=;"\n'])
    @pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
    def test_the_line_that_tells_the_separator_is_no_idea(self, told, codec):
        reading = read(f"{told}Titel;Text\nBänke, viele;Im Park\n;\n".encode(codec))

        assert [(idea.line, idea.title, idea.text) for idea in reading.ideas] == [(3, "Bänke, viele", "Im Park")]
        assert reading.separator == ";"

    @pytest.mark.parametrize("end", ["\n", ";;\n"], ids=["bare", "with the cells of a spreadsheet"])
    def test_titles_and_notes_above_the_headings_are_left_out_and_named(self, end):
        reading = read(f"Unsere Ideen 2024{end}Stand: 1. März{end}\nTitel;Beschreibung;Autor\nBänke;Im Park;Kim\n")

        assert [(idea.line, idea.title, idea.author) for idea in reading.ideas] == [(5, "Bänke", "Kim")]
        assert reading.left_out == [LeftOut(1, "above"), LeftOut(2, "above")]
        assert reading.has_heading

    def test_a_person_may_say_that_there_are_no_headings(self):
        assert read("Ideen;\nTitel;Text\nBänke;Im Park\n", has_heading=False).left_out == []

    def test_a_list_of_sentences_stays_one(self):
        assert read("Bänke\nEin Name, den man kennt, und ein Text\nBäume\n").separator == LINES


def test_equal_titles_with_different_texts_are_kept_and_exact_repeats_reported():
    reading = read('Titel,Text\nBank,"rot\nund gelb"\nBank,blau\nBank,blau\n,\nBaum,\nBank,"rot\nund gelb"\n')

    assert [(idea.line, idea.title, idea.text) for idea in reading.ideas] == [
        (2, "Bank", "rot\nund gelb"),
        (4, "Bank", "blau"),
        (7, "Baum", ""),
    ]
    assert reading.left_out == [LeftOut(5, "repeat", 4), LeftOut(8, "repeat", 2)]


def test_a_line_without_words_is_reported():
    assert read("Titel,Text,Nr\n,,7\nBank,,8\n").left_out == [LeftOut(2, "missing")]


def test_markup_stays_text():
    assert ideas_in("Titel,Text\n<script>alert(1)</script>,&lt;script&gt;x\n=1+1,a < b\n") == [
        ("<script>alert(1)</script>", "<script>x", ""),
        ("=1+1", "a < b", ""),
    ]


def test_ten_thousand_ideas_are_read_and_one_more_is_refused():
    lines = [f"Idee {n};Text {n}" for n in range(IDEAS_MAX)]

    assert len(read("Titel;Text\n" + "\n".join(lines)).ideas) == IDEAS_MAX
    assert refusal("Titel;Text\n" + "\n".join([*lines, "Mehr;Text"])) == ("rows_too_many", 0)
    assert refusal("\n".join(f"Idee {n}" for n in range(IDEAS_MAX + 1))) == ("rows_too_many", 0)


class TestHostileTables:
    def test_a_million_columns(self):
        assert refusal("x," * 1_000_000 + "x\ny\n") == ("columns_too_many", 1)
        assert refusal("Titel;Text\nx\n" + ";" * 1_000_000) == ("columns_too_many", 3)

    def test_zero_bytes(self):
        assert refusal(b"Titel\nBank\nBa\0um\n") == ("nul", 3)

    def test_no_text_at_all(self):
        assert refusal(b"\x89PNG\r\n\x1a\n\x81\x8d\x8f") == ("bytes", 3)
        assert refusal(b"") == ("empty", 0)
        assert refusal(b"\xef\xbb\xbf\n \n\n") == ("empty", 0)

    def test_a_quotation_mark_without_an_end(self):
        assert refusal('Titel;Text\nBank;rot\nBaum;"grün\nund\n') == ("quotes", 3)

    def test_too_many_bytes(self):
        assert refusal(b"x" * (BYTES_MAX + 1)) == ("file_too_large", 0)


SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)


def workbook(rows="", **members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/worksheets/sheet1.xml", rows if rows.startswith("<?") else SHEET.format(rows))
        for name, content in members.items():
            book.writestr(name, content)
    return out.getvalue()


def cell(reference, text):
    return f'<c r="{reference}" t="inlineStr"><is><t>{text}</t></is></c>'


def test_an_emoji_in_two_escaped_halves_is_one():
    assert ideas_in(workbook(f"<row>{cell('A1', 'Ja _xD83D__xDC4D_')}</row>")) == [("Ja 👍", "", "")]


class TestJoinedCells:
    def test_each_row_gets_the_text_of_cells_that_are_joined_over_several(self):
        rows = "<sheetData>"
        rows += f"<row r='1'>{cell('A1', 'Autor')}{cell('B1', 'Titel')}{cell('C1', 'Text')}</row>"
        rows += f"<row r='2'>{cell('A2', 'Kim')}{cell('B2', 'Bänke')}{cell('C2', 'Im Park')}</row>"
        rows += f"<row r='3'><c r='A3'/>{cell('B3', 'Bäume')}</row><row r='4'><c r='A4'/></row>"
        rows += f"<row r='5'>{cell('B5', 'Brunnen')}</row></sheetData>"
        rows += "<mergeCells><mergeCell ref='A2:A4'/><mergeCell ref='B5:C5'/></mergeCells>"

        assert ideas_in(workbook(f"<?xml version='1.0'?><worksheet>{rows}</worksheet>")) == [
            ("Bänke", "Im Park", "Kim"),
            ("Bäume", "", "Kim"),
            ("Brunnen", "", ""),
        ]


class TestHostileWorkbooks:
    def test_the_builder_makes_a_workbook(self):
        assert ideas_in(workbook(f"<row>{cell('A1', 'Bank')}{cell('C1', 'Kim')}</row>")) == [("Bank", "", "")]

    def test_a_bomb(self):
        assert refusal(workbook(**{"xl/sharedStrings.xml": b"<" * 70_000_000})) == ("unpacked", 0)

    def test_a_bomb_that_lies_about_its_size(self):
        book = bytearray(workbook(**{"xl/sharedStrings.xml": b"<sst>" + b"<si/>" * 4_000_000}))
        size = (5 + 5 * 4_000_000).to_bytes(4, "little")
        assert book.count(size) >= 2

        assert refusal(bytes(book.replace(size, (1000).to_bytes(4, "little")))) == ("damaged", 0)

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
    def test_entities(self, encoding):
        rows = f"""<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>
            <worksheet><sheetData><row>{cell("A1", "&e;")}</row></sheetData></worksheet>"""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as book:
            book.writestr("xl/worksheets/sheet1.xml", rows.encode(encoding))

        assert refusal(out.getvalue()) == ("entities", 0)

    @pytest.mark.parametrize("name", ["../evil.xml", "/etc/passwd", "xl/../../x", "..\\x"])
    def test_a_path_out_of_the_archive(self, name):
        assert refusal(workbook(**{name: "x"})) == ("damaged", 0)

    def test_macros(self):
        assert refusal(workbook(**{"xl/vbaProject.bin": "x"})) == ("macros", 0)

    def test_a_cell_in_column_one_million(self):
        assert refusal(workbook(f"<row>{cell('BDWGO1', 'x')}</row>")) == ("columns_too_many", 1)

    def test_a_million_rows(self):
        rows = "".join(f"<row><c><v>{n}</v></c></row>" for n in range(50_000))
        assert refusal(workbook(rows)) == ("rows_too_many", 0)

    @pytest.mark.parametrize(
        "broken",
        [
            workbook()[:100],
            b"PK\x03\x04",
            workbook("<row><c t='s'><v>7</v></c></row>"),
            workbook("<?xml version='1.0'?><worksheet><row>"),
        ],
        ids=["cut off", "only a signature", "a text that is missing", "two declarations"],
    )
    def test_a_damaged_one(self, broken):
        assert refusal(broken) == ("damaged", 0)

    def test_an_encrypted_one(self):
        assert refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)) == ("xls", 0)
