"""What is taught and asked. A version is immutable and named by the hash of its content."""

from django.db import models

from roster.ids import uuid7


class KeyState(models.TextChoices):
    """How far the answer key of an item has come. Only an approved key is applied by rule."""

    UNKEYED = "unkeyed"
    PROPOSED = "proposed"
    REVIEWED = "reviewed"
    APPROVED = "approved"
    RETIRED = "retired"


class Lesson(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(max_length=120, unique=True)
    current = models.ForeignKey("LessonVersion", models.PROTECT, null=True, blank=True, related_name="+")
    current_since = models.DateTimeField(null=True, blank=True, help_text="When the current version became current.")

    def __str__(self) -> str:
        return self.slug


class LessonVersion(models.Model):
    """One published text of a lesson.

    `body`: {"title", "summary", "minutes": int, "reviewed": year,
    "sections": [{"id", "title", "kind": "prose" | "points", "paragraphs": [str, ...]}]}; `minutes` and `reviewed`
    are null where the source names none. The anchors `title` and `summary` exist beside the sections' ids.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    lesson = models.ForeignKey(Lesson, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=300)
    body = models.JSONField()
    content_hash = models.CharField(max_length=64)
    provenance = models.JSONField(default=dict)
    published_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lesson", "number"], name="lesson_version_number"),
            models.UniqueConstraint(fields=["lesson", "content_hash"], name="lesson_version_content"),
        ]

    def __str__(self) -> str:
        return f"{self.title} (version {self.number})"


class Quiz(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(max_length=120, unique=True)
    lesson = models.ForeignKey(Lesson, models.PROTECT, null=True, blank=True, related_name="quizzes")
    current = models.ForeignKey("QuizVersion", models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name_plural = "quizzes"

    def __str__(self) -> str:
        return self.slug


class Item(models.Model):
    """One question through all its versions."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    quiz = models.ForeignKey(Quiz, models.CASCADE, related_name="items")
    identifier = models.SlugField(max_length=60, help_text="Stable within the quiz, such as `q1`.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["quiz", "identifier"], name="item_identifier_in_quiz")]

    def __str__(self) -> str:
        return f"{self.quiz}:{self.identifier}"


class ItemVersion(models.Model):
    """One wording and key of a question. `body` has the shape that its item type defines.

    Everything but `key_state` is immutable.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    item = models.ForeignKey(Item, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=40)
    body = models.JSONField()
    points = models.DecimalField(max_digits=8, decimal_places=3)
    content_hash = models.CharField(max_length=64)
    key_state = models.CharField(max_length=16, choices=KeyState.choices)
    provenance = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "number"], name="item_version_number"),
            models.UniqueConstraint(fields=["item", "content_hash"], name="item_version_content"),
            models.CheckConstraint(condition=models.Q(points__gt=0), name="item_points_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.item} (version {self.number})"


class QuizVersion(models.Model):
    """One published set of item versions. Attempts are pinned to it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    quiz = models.ForeignKey(Quiz, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=300)
    lesson_version = models.ForeignKey(LessonVersion, models.PROTECT, null=True, blank=True)
    items = models.ManyToManyField(ItemVersion, through="QuizVersionItem")
    points = models.DecimalField(max_digits=10, decimal_places=3)
    content_hash = models.CharField(max_length=64)
    provenance = models.JSONField(default=dict)
    published_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["quiz", "number"], name="quiz_version_number"),
            models.UniqueConstraint(fields=["quiz", "content_hash"], name="quiz_version_content"),
        ]

    def __str__(self) -> str:
        return f"{self.title} (version {self.number})"


class QuizVersionItem(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    quiz_version = models.ForeignKey(QuizVersion, models.CASCADE, related_name="places")
    item_version = models.ForeignKey(ItemVersion, models.PROTECT)
    position = models.PositiveIntegerField(help_text="From 1.")

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["quiz_version", "position"], name="one_item_per_position"),
            models.UniqueConstraint(fields=["quiz_version", "item_version"], name="item_once_per_quiz_version"),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.item_version_id}"
