"""Moodle XML. `moodle_types` knows the types of question, `moodle_writing` writes. Pure."""

from content.formats import moodle_types, progress, xml
from content.formats.assembling import Assembly
from content.formats.moodle_reading import Reading
from content.formats.reading import Draft, Loss, Refused, Source

SETTINGS = {
    "penalty": "Further tries at the same question are not penalised but follow the policy of the check.",
    "answernumbering": "Options are not numbered.",
    "showstandardinstruction": "Instructions follow the kind of question.",
    "shownumcorrect": "How many parts are right is always shown with the feedback.",
    "responsefieldlines": "The field for the answer grows with it.",
}


def detect(source: Source) -> bool:
    return xml.root_name(source.data) == "quiz" and b"<question" in source.data[:1_000_000]


def read(source: Source) -> Draft:
    """Raises Refused."""
    root = xml.parse(source.data)
    if root.tag != "quiz":
        raise Refused("This is not Moodle XML: it has no element <quiz>.")
    reading = Reading(Assembly(source))
    progress.expect(len(root))
    for question in xml.children(root):
        if question.tag == "question":
            moodle_types.take(reading, question)
        else:
            reading.assembly.losses.append(Loss("", question.tag[:60], "Only questions are read from <quiz>."))
    reading.assembly.media = {media.digest: media for media in reading.pictures.media}
    reading.assembly.losses += [Loss("", name, SETTINGS[name], "info") for name in sorted(reading.settings)]
    return reading.assembly.draft(pools=reading.pools(), shuffle_options=moodle_types.shuffled(reading))
