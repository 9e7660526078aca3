"""ballot rules, pairs, the exposure ledger, assessments"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not in a batch: SQLite would make the tables anew, and can't drop the old ones while others refer to them.
    op.add_column('question', sa.Column('position', sa.Integer(), nullable=False, server_default='0'))
    op.add_column('question', sa.Column('options', sa.JSON(), nullable=False, server_default='{}'))
    op.add_column('round', sa.Column('live_ranking', sa.Boolean(), nullable=False, server_default='0'))
    op.add_column('round', sa.Column('auto_close', sa.Boolean(), nullable=False, server_default='0'))
    op.add_column('ballot', sa.Column('done_at', sa.BigInteger(), nullable=True))

    _key('mark', ['question_id', 'participant_id', 'subject', 'versus'], add='versus')
    _key('tally', ['question_id', 'subject', 'versus', 'value'], add='versus')

    op.create_table('exposure',
    sa.Column('question_id', sa.Integer(), nullable=False),
    sa.Column('participant_id', sa.Integer(), nullable=False),
    sa.Column('subject', sa.Integer(), nullable=False),
    sa.Column('versus', sa.Integer(), nullable=False),
    sa.Column('turn', sa.Integer(), nullable=False),
    sa.Column('dealt_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['participant_id'], ['participant.id'], name=op.f('fk_exposure_participant_id_participant')),
    sa.ForeignKeyConstraint(['question_id'], ['question.id'], name=op.f('fk_exposure_question_id_question')),
    sa.PrimaryKeyConstraint('question_id', 'participant_id', 'subject', 'versus', name=op.f('pk_exposure'))
    )
    op.create_table('reads',
    sa.Column('question_id', sa.Integer(), nullable=False),
    sa.Column('entry_id', sa.Integer(), nullable=False),
    sa.Column('n', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['entry_id'], ['entry.id'], name=op.f('fk_reads_entry_id_entry')),
    sa.ForeignKeyConstraint(['question_id'], ['question.id'], name=op.f('fk_reads_question_id_question')),
    sa.PrimaryKeyConstraint('question_id', 'entry_id', name=op.f('pk_reads'))
    )
    op.create_table('readiness',
    sa.Column('question_id', sa.Integer(), nullable=False),
    sa.Column('marks_at', sa.Integer(), nullable=False),
    sa.Column('entries_at', sa.Integer(), nullable=False),
    sa.Column('people_missing', sa.Integer(), nullable=False),
    sa.Column('reads_missing', sa.Integer(), nullable=False),
    sa.Column('stability', sa.Integer(), nullable=False),
    sa.Column('marks_missing', sa.Integer(), nullable=True),
    sa.Column('settled', sa.Boolean(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['question_id'], ['question.id'], name=op.f('fk_readiness_question_id_question')),
    sa.PrimaryKeyConstraint('question_id', name=op.f('pk_readiness'))
    )
    op.create_table('assessment',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('assessed_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_assessment_round_id_round')),
    sa.PrimaryKeyConstraint('round_id', name=op.f('pk_assessment'))
    )


def downgrade() -> None:
    refuse_downgrade_with(
        "SELECT 1 FROM question JOIN mark ON mark.question_id = question.id WHERE question.rule <> 'approval'",
        'Marks of other rules than approval would be read as approvals.',
    )
    refuse_downgrade_with(
        'SELECT 1 FROM assessment', 'Assessments would be lost whose digests are in the journal.'
    )
    for table in ('assessment', 'readiness', 'reads', 'exposure'):
        op.drop_table(table)

    # Marks on pairs have no place in the tables before; the other rules' marks would be read as approvals.
    op.execute("DELETE FROM tally WHERE versus <> 0")
    op.execute("DELETE FROM mark WHERE versus <> 0")
    _key('tally', ['question_id', 'subject', 'value'], drop='versus')
    _key('mark', ['question_id', 'participant_id', 'subject'], drop='versus')

    op.drop_column('ballot', 'done_at')
    op.drop_column('round', 'auto_close')
    op.drop_column('round', 'live_ranking')
    op.drop_column('question', 'options')
    op.drop_column('question', 'position')


def _key(table: str, columns: list[str], add: str | None = None, drop: str | None = None) -> None:
    """Give a table another primary key, and the column for it."""
    with op.batch_alter_table(table, schema=None, recreate='auto') as batch_op:
        if add:
            batch_op.add_column(sa.Column(add, sa.Integer(), nullable=False, server_default='0'))
        batch_op.drop_constraint(f'pk_{table}', type_='primary')
        if drop:
            batch_op.drop_column(drop)
        batch_op.create_primary_key(op.f(f'pk_{table}'), columns)
