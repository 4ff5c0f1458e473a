"""What is taught and asked. A version is immutable and named by the hash of its content."""

from typing import Any, Self, TypeVar

from django.db import models
from django.db.models import Case, Q, When
from django.utils import timezone

from roster.ids import uuid7
from roster.models import Institution, Person


class KeyState(models.TextChoices):
    """How far the answer key of an item has come. Only an approved key is applied by rule."""

    UNKEYED = "unkeyed"
    PROPOSED = "proposed"
    REVIEWED = "reviewed"
    APPROVED = "approved"
    RETIRED = "retired"


class Visibility(models.TextChoices):
    """Who may read and place content: its authors, its institution, or everybody."""

    PRIVATE = "private"
    INSTITUTION = "institution"
    PUBLIC = "public"


M = TypeVar("M", bound="Owned", covariant=True)


def own_first(institution: Institution | None, owned: str = "") -> Case:
    """Of several with one slug the institution's own comes first, then the library's. `owned`: the way to the row."""
    mine = When(**{f"{owned}institution": institution}, then=0)
    return Case(mine, When(**{f"{owned}institution": None}, then=1), default=2)


class OwnedQuerySet(models.QuerySet[M]):
    def readable(self, institution: Institution | None, person: Person | None = None) -> Self:
        """What this person of the institution may read and place. Without an institution: what everybody may."""
        found = Q(institution=None) | Q(visibility=Visibility.PUBLIC)
        if institution is not None:
            found |= Q(institution=institution, visibility=Visibility.INSTITUTION)
        if institution is not None and person is not None:
            through: Any = self.model.authors.through
            mine = through.objects.filter(person=person)
            name = self.model._meta.model_name
            found |= Q(institution=institution, pk__in=mine.values(f"{name}_id"))
        return self.filter(found)

    def placeable(self, institution: Institution | None) -> Self:
        """What links of the institution may name: a learner opens a private check that a teacher placed."""
        return self.filter(Q(institution=None) | Q(institution=institution) | Q(visibility=Visibility.PUBLIC))

    def own_first(self, institution: Institution | None) -> Self:
        """Of several with one slug the institution's own comes first, then the library's, then the oldest."""
        return self.order_by(own_first(institution), "pk")


class Owned(models.Model):
    """Content of an institution; without one it belongs to the library that every institution may use."""

    institution = models.ForeignKey(Institution, models.CASCADE, null=True, blank=True, related_name="+")
    authors = models.ManyToManyField(Person, blank=True, related_name="+")
    visibility = models.CharField(max_length=16, choices=Visibility.choices, default=Visibility.INSTITUTION)

    class Meta:
        abstract = True


class Media(models.Model):
    """A picture or another file that texts show, named by the SHA-256 of its bytes: `media:<digest>`."""

    digest = models.CharField(primary_key=True, max_length=64)
    institution = models.ForeignKey(Institution, models.SET_NULL, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField()
    file = models.FileField(upload_to="media/%Y/%m")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "media"

    def __str__(self) -> str:
        return self.name


class Lesson(Owned):
    """`draft` is the text as it is being written, of the shape of LessonVersion.body; empty while nobody changes it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(max_length=120)
    draft = models.JSONField(default=dict, blank=True)
    revision = models.PositiveIntegerField(default=0, editable=False, help_text="Grows with every saved draft.")
    changed_by = models.CharField(max_length=255, blank=True, editable=False)
    current = models.ForeignKey("LessonVersion", models.PROTECT, null=True, blank=True, related_name="+")
    current_since = models.DateTimeField(null=True, blank=True, help_text="When the current version became current.")

    objects = OwnedQuerySet["Lesson"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["institution", "slug"], name="lesson_slug", nulls_distinct=False),
        ]

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


class Quiz(Owned):
    """`draft` is the check as it is being written (see content.writing); empty while nobody changes it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(max_length=120)
    lesson = models.ForeignKey(Lesson, models.PROTECT, null=True, blank=True, related_name="quizzes")
    current = models.ForeignKey("QuizVersion", models.PROTECT, null=True, blank=True, related_name="+")
    practice = models.BooleanField(
        "public practice",
        default=False,
        help_text="Everybody can take it without an account, with the right answers shown at once.",
    )
    draft = models.JSONField(default=dict, blank=True)
    revision = models.PositiveIntegerField(default=0, editable=False, help_text="Grows with every saved draft.")
    changed_by = models.CharField(max_length=255, blank=True, editable=False)
    changed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = OwnedQuerySet["Quiz"].as_manager()

    class Meta:
        verbose_name_plural = "quizzes"
        constraints = [
            models.UniqueConstraint(fields=["institution", "slug"], name="quiz_slug", nulls_distinct=False),
        ]

    def __str__(self) -> str:
        return self.slug


class Item(models.Model):
    """One question through all its versions. It is at home in one quiz; drafts of others may refer to it.

    `kind`, `body`, `points`, `tags` and the key's state are the question as it is being written.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    quiz = models.ForeignKey(Quiz, models.CASCADE, related_name="items")
    identifier = models.SlugField(max_length=60, help_text="Stable within the quiz, such as `q1`.")
    kind = models.CharField(max_length=40, blank=True)
    body = models.JSONField(default=dict, blank=True)
    points = models.DecimalField(max_digits=8, decimal_places=3, default=1)
    tags = models.JSONField(default=list, blank=True)
    key_state = models.CharField(max_length=16, choices=KeyState.choices, default=KeyState.UNKEYED)
    provenance = models.JSONField(default=dict, blank=True)
    revision = models.PositiveIntegerField(default=0, editable=False)
    changed_by = models.CharField(max_length=255, blank=True, editable=False)

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
            models.CheckConstraint(condition=models.Q(points__gte=0), name="item_points_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.item} (version {self.number})"


class KeyReview(models.Model):
    """What somebody answered who had not seen the key. `wording` is the hash of what they saw."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    item = models.ForeignKey(Item, models.CASCADE, related_name="reviews")
    wording = models.CharField(max_length=64)
    answer = models.JSONField(default=dict)
    note = models.TextField(blank=True)
    by = models.CharField(max_length=255)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.by} on {self.item_id}"


class QuizVersion(models.Model):
    """One published set of item versions. Attempts are pinned to it.

    `pools`: {name: how many of its questions each learner gets}.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    quiz = models.ForeignKey(Quiz, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=300)
    lesson_version = models.ForeignKey(LessonVersion, models.PROTECT, null=True, blank=True)
    items = models.ManyToManyField(ItemVersion, through="QuizVersionItem")
    shuffle_questions = models.BooleanField(default=False)
    shuffle_options = models.BooleanField(default=False)
    pools = models.JSONField(default=dict, blank=True)
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
    pool = models.CharField(max_length=100, blank=True, help_text="The pool that it is drawn from.")

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["quiz_version", "position"], name="one_item_per_position"),
            models.UniqueConstraint(fields=["quiz_version", "item_version"], name="item_once_per_quiz_version"),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.item_version_id}"


class ImportState(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Import(models.Model):
    """A file being read, and with `take` made the draft of a check; a large one by a worker.

    `report` has the shape that `import_content --json` prints. `by` is the name that other authors see.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE, null=True, related_name="+")
    person = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    by = models.CharField(max_length=255, blank=True)
    name = models.CharField(max_length=255)
    format = models.CharField(max_length=40, blank=True)
    file = models.FileField(upload_to="imports/%Y/%m")
    key = models.FileField(upload_to="imports/%Y/%m", blank=True, help_text="The answer key of a printed sheet.")
    take = models.BooleanField(default=False, help_text="Not only read it, but make it the draft of a check.")
    publish = models.BooleanField(default=False)
    state = models.CharField(max_length=16, choices=ImportState.choices, default=ImportState.QUEUED)
    progress = models.PositiveSmallIntegerField(default=0, help_text="In percent.")
    report = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    quiz = models.ForeignKey(Quiz, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    moved_at = models.DateTimeField(default=timezone.now, help_text="When it was queued, or last came further.")
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name
