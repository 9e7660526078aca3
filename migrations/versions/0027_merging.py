"""merging two entries, and the marks that a combined mark stands for"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0027'
down_revision = '0026'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('entry') as entry:
        entry.add_column(sa.Column('merged_into', sa.Integer(), nullable=True))
        entry.add_column(sa.Column('merged_seq', sa.Integer(), nullable=True))
        entry.add_column(sa.Column('counted_as', sa.Integer(), nullable=True))
        entry.create_foreign_key(op.f('fk_entry_merged_into_entry'), 'entry', ['merged_into'], ['id'])
        entry.create_foreign_key(op.f('fk_entry_counted_as_entry'), 'entry', ['counted_as'], ['id'])
        entry.create_index(op.f('ix_entry_counted_as'), ['counted_as'])
    op.create_table(
        'merged_mark',
        sa.Column('question_id', sa.Integer(), nullable=False),
        sa.Column('participant_id', sa.Integer(), nullable=False),
        sa.Column('subject', sa.Integer(), nullable=False),
        sa.Column('versus', sa.Integer(), nullable=False),
        sa.Column('value', sa.Integer(), nullable=False),
        sa.Column('seq', sa.Integer(), nullable=False),
        sa.Column('client', sa.String(length=36), nullable=False),
        sa.Column('n', sa.Integer(), nullable=False),
        sa.Column('at', sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ['participant_id'], ['participant.id'],
            name=op.f('fk_merged_mark_participant_id_participant'), ondelete='CASCADE',
        ),
        sa.ForeignKeyConstraint(
            ['question_id'], ['question.id'], name=op.f('fk_merged_mark_question_id_question'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('question_id', 'participant_id', 'subject', 'versus', name=op.f('pk_merged_mark')),
    )  # fmt: skip
    op.create_index('ix_merged_mark_question_subject', 'merged_mark', ['question_id', 'subject'])


def downgrade() -> None:
    refuse_downgrade_with('SELECT 1 FROM entry WHERE merged_into IS NOT NULL', 'Merged ideas would be lost.')
    op.drop_table('merged_mark')
    with op.batch_alter_table('entry') as entry:
        entry.drop_index(op.f('ix_entry_counted_as'))
        entry.drop_constraint(op.f('fk_entry_counted_as_entry'), type_='foreignkey')
        entry.drop_constraint(op.f('fk_entry_merged_into_entry'), type_='foreignkey')
        entry.drop_column('counted_as')
        entry.drop_column('merged_seq')
        entry.drop_column('merged_into')
