from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from content import sheets
from content.publishing import PublishingBlocked

DEMO = Path(__file__).resolve().parents[2] / "demo"
LESSON = "when-to-fine-tune"


class Command(BaseCommand):
    help = "Publish the demo lesson and its check. Safe to repeat: what is published already stays as it is."

    def handle(self, *args: Any, **options: Any) -> None:
        printed, key = (
            sheets.Source(path.name, path.read_bytes()) for path in (DEMO / f"{LESSON}.txt", DEMO / "answer-key.json")
        )
        try:
            published = sheets.publish(printed=printed, key=key, lesson=LESSON, now=timezone.now())
        except PublishingBlocked as blocked:
            raise CommandError(f"The demo content cannot be published:\n{blocked}") from blocked
        lesson, quiz = published.lesson, published.quiz
        self.stdout.write(f"Lesson {lesson.lesson.slug}: {lesson}")
        self.stdout.write(
            f"Quiz {quiz.quiz.slug}: {quiz}, {quiz.places.count()} questions, {float(quiz.points):g} points"
        )
        for doubt in published.doubts:
            self.stdout.write(f"Please check: {doubt}")
