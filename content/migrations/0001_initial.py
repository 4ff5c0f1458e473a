import django.db.models.deletion
import roster.ids
from content.migrations._triggers import TRIGGERS
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Item',
            fields=[
                ('id', models.UUIDField(default=roster.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('identifier', models.SlugField(help_text='Stable within the quiz, such as `q1`.', max_length=60)),
            ],
        ),
        migrations.CreateModel(
            name='Lesson',
            fields=[
                ('id', models.UUIDField(default=roster.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('slug', models.SlugField(max_length=120, unique=True)),
                ('current_since', models.DateTimeField(blank=True, help_text='When the current version became current.', null=True)),
            ],
        ),
        migrations.CreateModel(
            name='ItemVersion',
            fields=[
                ('id', models.UUIDField(default=roster.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('kind', models.CharField(max_length=40)),
                ('body', models.JSONField()),
                ('points', models.DecimalField(decimal_places=3, max_digits=8)),
                ('content_hash', models.CharField(max_length=64)),
                ('key_state', models.CharField(choices=[('unkeyed', 'Unkeyed'), ('proposed', 'Proposed'), ('reviewed', 'Reviewed'), ('approved', 'Approved'), ('retired', 'Retired')], max_length=16)),
                ('provenance', models.JSONField(default=dict)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='content.item')),
            ],
        ),
        migrations.CreateModel(
            name='LessonVersion',
            fields=[
                ('id', models.UUIDField(default=roster.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('title', models.CharField(max_length=300)),
                ('body', models.JSONField()),
                ('content_hash', models.CharField(max_length=64)),
                ('provenance', models.JSONField(default=dict)),
                ('published_at', models.DateTimeField()),
                ('lesson', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='content.lesson')),
            ],
        ),
        migrations.AddField(
            model_name='lesson',
            name='current',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='content.lessonversion'),
        ),
        migrations.CreateModel(
            name='Quiz',
            fields=[
                ('id', models.UUIDField(default=roster.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('slug', models.SlugField(max_length=120, unique=True)),
                ('lesson', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='quizzes', to='content.lesson')),
            ],
            options={
                'verbose_name_plural': 'quizzes',
            },
        ),
        migrations.AddField(
            model_name='item',
            name='quiz',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='content.quiz'),
        ),
        migrations.CreateModel(
            name='QuizVersion',
            fields=[
                ('id', models.UUIDField(default=roster.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('title', models.CharField(max_length=300)),
                ('points', models.DecimalField(decimal_places=3, max_digits=10)),
                ('content_hash', models.CharField(max_length=64)),
                ('provenance', models.JSONField(default=dict)),
                ('published_at', models.DateTimeField()),
                ('lesson_version', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='content.lessonversion')),
                ('quiz', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='content.quiz')),
            ],
        ),
        migrations.AddField(
            model_name='quiz',
            name='current',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='content.quizversion'),
        ),
        migrations.CreateModel(
            name='QuizVersionItem',
            fields=[
                ('id', models.UUIDField(default=roster.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('position', models.PositiveIntegerField(help_text='From 1.')),
                ('item_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='content.itemversion')),
                ('quiz_version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='places', to='content.quizversion')),
            ],
            options={
                'ordering': ['position'],
            },
        ),
        migrations.AddField(
            model_name='quizversion',
            name='items',
            field=models.ManyToManyField(through='content.QuizVersionItem', to='content.itemversion'),
        ),
        migrations.AddConstraint(
            model_name='itemversion',
            constraint=models.UniqueConstraint(fields=('item', 'number'), name='item_version_number'),
        ),
        migrations.AddConstraint(
            model_name='itemversion',
            constraint=models.UniqueConstraint(fields=('item', 'content_hash'), name='item_version_content'),
        ),
        migrations.AddConstraint(
            model_name='itemversion',
            constraint=models.CheckConstraint(condition=models.Q(('points__gt', 0)), name='item_points_positive'),
        ),
        migrations.AddConstraint(
            model_name='lessonversion',
            constraint=models.UniqueConstraint(fields=('lesson', 'number'), name='lesson_version_number'),
        ),
        migrations.AddConstraint(
            model_name='lessonversion',
            constraint=models.UniqueConstraint(fields=('lesson', 'content_hash'), name='lesson_version_content'),
        ),
        migrations.AddConstraint(
            model_name='item',
            constraint=models.UniqueConstraint(fields=('quiz', 'identifier'), name='item_identifier_in_quiz'),
        ),
        migrations.AddConstraint(
            model_name='quizversionitem',
            constraint=models.UniqueConstraint(fields=('quiz_version', 'position'), name='one_item_per_position'),
        ),
        migrations.AddConstraint(
            model_name='quizversionitem',
            constraint=models.UniqueConstraint(fields=('quiz_version', 'item_version'), name='item_once_per_quiz_version'),
        ),
        migrations.AddConstraint(
            model_name='quizversion',
            constraint=models.UniqueConstraint(fields=('quiz', 'number'), name='quiz_version_number'),
        ),
        migrations.AddConstraint(
            model_name='quizversion',
            constraint=models.UniqueConstraint(fields=('quiz', 'content_hash'), name='quiz_version_content'),
        ),
        *TRIGGERS,
    ]
