"""files of ideas that wait for a choice of columns, and ideas that wait for the start"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'idea_file',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('challenge_id', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(length=200), nullable=False),
        sa.Column('data', sa.LargeBinary(), nullable=False),
        sa.Column('uploaded_at', sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ['challenge_id'], ['challenge.id'], name='fk_idea_file_challenge_id_challenge', ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('id', name='pk_idea_file'),
    )
    with op.batch_alter_table('idea_file') as table:
        table.create_index('ix_idea_file_challenge_id', ['challenge_id'])
        table.create_index('ix_idea_file_uploaded_at', ['uploaded_at'])
    op.create_table(
        'waiting_ideas',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('challenge_id', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(length=200), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('count', sa.Integer(), nullable=False),
        sa.Column('body', sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ['challenge_id'], ['challenge.id'], name='fk_waiting_ideas_challenge_id_challenge', ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('id', name='pk_waiting_ideas'),
    )
    with op.batch_alter_table('waiting_ideas') as table:
        table.create_index('ix_waiting_ideas_challenge_id', ['challenge_id'])


def downgrade() -> None:
    refuse_downgrade_with('SELECT 1 FROM waiting_ideas', 'Ideas from files would be lost that wait for a start.')
    refuse_downgrade_with(
        "SELECT 1 FROM participant WHERE tier = 'credited'", 'Authors from files would be taken for people.'
    )
    op.drop_table('waiting_ideas')
    op.drop_table('idea_file')
